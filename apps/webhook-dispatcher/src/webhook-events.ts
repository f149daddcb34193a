import type { EventToAppend } from '@ctrip/db/events/events'
import type { ClaimedDelivery } from '@ctrip/db/webhooks/delivery-claims'
import type { EndpointHealth } from '@ctrip/db/webhooks/endpoint-health'
import type { HealthEvent } from './circuit'
import type { Attempt } from './deliver-webhook'
import type { EventToDeliver } from './event-cache'
import type { Outcome } from './outcome'

/** `webhook.dead_lettered`, if this outcome is one. */
export function deadLettered({ claimed, settlement, attempted }: Outcome): EventToAppend[] {
  if (settlement.status !== 'dead_lettered' || attempted === null) return []
  const { attempt, event } = attempted
  const delivery = {
    id: claimed.id,
    event_id: event.id,
    event_type: event.type,
    endpoint_id: claimed.endpointId,
    attempts: settlement.attempts,
    status_code: attempt.statusCode,
    error: settlement.attempt?.error ?? null,
  }
  return [toAppend('webhook.dead_lettered', { delivery }, claimed, attempted)]
}

export function endpointChanged(
  type: HealthEvent,
  health: EndpointHealth,
  claimed: ClaimedDelivery,
  attempted: { readonly attempt: Attempt; readonly event: EventToDeliver },
): EventToAppend {
  const endpoint = {
    id: health.id,
    url: claimed.url,
    enabled: health.enabled,
    disabled_reason: health.disabledReason,
    failing_since: health.failingSince?.toISOString() ?? null,
    consecutive_failures: health.consecutiveFailures,
  }
  return toAppend(type, { endpoint }, claimed, attempted)
}

function toAppend(
  type: HealthEvent | 'webhook.dead_lettered',
  data: Readonly<Record<string, unknown>>,
  { merchantId, endpointId }: ClaimedDelivery,
  { attempt, event }: { readonly attempt: Attempt; readonly event: EventToDeliver },
): EventToAppend {
  const draft = { type, merchantId, subject: endpointId, sequence: 0, traceAnchor: event.traceAnchor, data }
  return { draft, traceparent: attempt.traceparent }
}
