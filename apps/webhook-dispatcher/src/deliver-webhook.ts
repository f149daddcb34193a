import type { KeyObject } from 'node:crypto'
import type { ClaimedDelivery } from '@ctrip/db/webhooks/delivery-claims'
import {
  type Attributes,
  currentTraceparent,
  inAnchoredSpan,
  markFailed,
  type Span,
  SpanKind,
} from '@ctrip/telemetry/spans'
import type { Dispatcher } from 'undici'
import { type DeliveryAttempt, errorOfError, reasonOfError, reasonOfStatus } from './delivery-outcome'
import type { EventToDeliver } from './event-cache'
import { DestinationRefusedError } from './guarded-agent'
import { sendWebhook } from './send-webhook'
import { type EndpointHeaders, type SigningKeys, signWebhook } from './sign-webhook'

export interface DeliverDeps {
  readonly dispatcher: Dispatcher
  readonly keys: SigningKeys
  readonly endpointHeaders: EndpointHeaders
}

/**
 * Makes one attempt, in a span of the event's trace. Whatever the receiver does is an outcome, not an error; it throws only
 * when the secret cannot be opened, or when `signal` gave it up.
 */
export async function deliverWebhook(
  deps: DeliverDeps,
  claimed: ClaimedDelivery,
  event: EventToDeliver,
  signal: AbortSignal,
): Promise<DeliveryAttempt> {
  const attributes = {
    'ctrip.event.id': event.id,
    'ctrip.event.type': event.type,
    'ctrip.delivery.id': claimed.id,
    'ctrip.delivery.attempt': claimed.attempts + 1,
    'ctrip.webhook_endpoint.id': claimed.endpointId,
    'http.request.method': 'POST',
    ...destinationOf(claimed.url),
  }
  const links = [event.traceparent]
  return inAnchoredSpan(
    'webhook.deliver',
    { anchor: event.traceAnchor, kind: SpanKind.CLIENT, attributes, links },
    async (span) => {
      const attempt = await attemptOnce(deps, claimed, event, signal)
      describe(span, attempt)
      return attempt
    },
  )
}

async function attemptOnce(
  { dispatcher, keys, endpointHeaders }: DeliverDeps,
  claimed: ClaimedDelivery,
  event: EventToDeliver,
  signal: AbortSignal,
): Promise<DeliveryAttempt> {
  const traceparent = currentTraceparent() ?? event.traceAnchor
  // Ours last: no header of a merchant's takes the place of what its receiver verifies.
  const headers = { ...endpointHeaders(claimed), ...signedHeaders(keys(claimed), event), traceparent }
  const startedAt = performance.now()
  const nothing = { statusCode: null, responseBody: null, location: null, retryAfterMs: null }
  const attempt = { at: new Date(), ...nothing, traceparent }
  const durationMs = () => Math.round(performance.now() - startedAt)
  try {
    const url = safeUrl(claimed.url)
    const answer = await sendWebhook(dispatcher, { url, headers, body: event.bytes, signal })
    const reason = reasonOfStatus(answer.statusCode)
    const detail = reason === null ? null : `answered ${answer.statusCode}`
    const error = reason === null ? null : reason === 'redirect' ? 'redirect' : 'bad_status'
    return { ...attempt, ...answer, reason, error, detail, durationMs: durationMs() }
  } catch (error) {
    if (signal.aborted) throw error
    const failure = { reason: reasonOfError(error), error: errorOfError(error), detail: String(error) }
    return { ...attempt, ...failure, durationMs: durationMs() }
  }
}

/** The origin only: merchants keep keys in the path and query of their URLs. */
function destinationOf(text: string): Attributes {
  const url = URL.parse(text)
  if (url === null) return {}
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return { 'server.address': url.hostname, 'server.port': Number(port), 'url.full': url.origin }
}

/** Credentials in a URL would be sent along as Basic authorization, and told to whoever reads logs. */
function safeUrl(text: string): URL {
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') throw new DestinationRefusedError('the URL carries credentials')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new DestinationRefusedError(`${url.protocol} URL`)
  return url
}

function signedHeaders(keys: readonly KeyObject[], { id, bytes }: EventToDeliver): Record<string, string> {
  const timestampSeconds = Math.floor(Date.now() / 1_000)
  return {
    'content-type': 'application/json',
    'user-agent': 'cTrip-Webhooks/1',
    // Nothing we would have to inflate.
    'accept-encoding': 'identity',
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signWebhook(keys, { id, timestampSeconds, body: bytes }),
  }
}

function describe(span: Span, { statusCode, reason }: DeliveryAttempt): void {
  if (statusCode !== null) span.setAttribute('http.response.status_code', statusCode)
  if (reason !== null) markFailed(span, statusCode === null ? reason : String(statusCode))
}
