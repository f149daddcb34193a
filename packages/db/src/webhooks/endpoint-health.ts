import { idFromUuid, idToUuid, type MerchantId, type WebhookEndpointId } from '@ctrip/domain/ids'
import type { Executor } from '../database/database'

/** How an endpoint has been answering. All null and zero: well. */
export interface EndpointHealth {
  readonly id: WebhookEndpointId
  readonly merchantId: MerchantId
  readonly enabled: boolean
  readonly disabledReason: string | null
  readonly consecutiveFailures: number
  readonly failingSince: Date | null
  /** Warnings given since then. */
  readonly failureWarnings: number
  /** Nothing is sent until then, then one probe. */
  readonly circuitOpenUntil: Date | null
  /** Nothing is sent until then: the endpoint asked for it. */
  readonly pausedUntil: Date | null
}

/** Locks endpoints, in id order, until the transaction ends. Those deleted meanwhile are missing. */
export async function lockEndpointHealth(tx: Executor, ids: readonly WebhookEndpointId[]): Promise<EndpointHealth[]> {
  const rows = await tx.$queryRaw<HealthRow[]>`
    SELECT id, merchant_id, enabled, disabled_reason, consecutive_failures, failing_since, failure_warnings,
      circuit_open_until, paused_until
    FROM webhook_endpoints WHERE id = ANY(${ids.map(idToUuid)}::uuid[]) ORDER BY id FOR UPDATE`
  return rows.map((row) => ({
    id: idFromUuid('webhookEndpoint', row.id),
    merchantId: idFromUuid('merchant', row.merchant_id),
    enabled: row.enabled,
    disabledReason: row.disabled_reason,
    consecutiveFailures: row.consecutive_failures,
    failingSince: row.failing_since,
    failureWarnings: row.failure_warnings,
    circuitOpenUntil: row.circuit_open_until,
    pausedUntil: row.paused_until,
  }))
}

export async function saveEndpointHealth(tx: Executor, health: EndpointHealth): Promise<void> {
  await tx.$executeRaw`
    UPDATE webhook_endpoints SET enabled = ${health.enabled}, disabled_reason = ${health.disabledReason},
      consecutive_failures = ${health.consecutiveFailures}, failing_since = ${health.failingSince},
      failure_warnings = ${health.failureWarnings}, circuit_open_until = ${health.circuitOpenUntil},
      paused_until = ${health.pausedUntil}
    WHERE id = ${idToUuid(health.id)}::uuid`
}

interface HealthRow {
  id: string
  merchant_id: string
  enabled: boolean
  disabled_reason: string | null
  consecutive_failures: number
  failing_since: Date | null
  failure_warnings: number
  circuit_open_until: Date | null
  paused_until: Date | null
}
