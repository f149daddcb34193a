import { randomUUID } from 'node:crypto'
import type { Database } from '@ctrip/db/database/database'
import { type ClaimedDelivery, claimDeliveries, lookForWork } from '@ctrip/db/webhooks/delivery-claims'
import { closeDeliveries } from '@ctrip/db/webhooks/delivery-settlement'
import type { WebhookEndpointId } from '@ctrip/domain/ids'
import type { Logger } from '@ctrip/telemetry/logger'
import { LIMITS, planClaim, type Slots } from './plan-claim'
import { TOTAL_TIMEOUT_MS } from './send-webhook'

/** An attempt, and time to settle it. Whoever is killed leaves its deliveries to others after this long. */
export const LEASE_MS = TOTAL_TIMEOUT_MS + 5_000
const ENDPOINTS_PER_LOOK_MAX = 512
const CLOSED_PER_ROUND_MAX = 1_000

export interface ClaimDeps {
  readonly db: Database
  readonly log: Logger
  readonly slots: Slots
  /** Makes the attempts, without being waited for. Each holds its slot until it is settled. */
  readonly begin: (claimed: readonly ClaimedDelivery[]) => Promise<void>
}

/**
 * One round of claiming: look who waits, share the free slots out, take the deliveries, begin them. What was claimed when we
 * are killed comes back when its lease runs out.
 */
export function claimRound({ db, log, slots, begin }: ClaimDeps): () => Promise<'idle' | 'more'> {
  let cursor: WebhookEndpointId | null = null

  async function close(closed: readonly WebhookEndpointId[]): Promise<void> {
    for (const endpointId of closed) {
      const ended = await db.query('deliveries.close', (prisma) =>
        closeDeliveries(prisma, endpointId, CLOSED_PER_ROUND_MAX),
      )
      log.info({ endpoint_id: endpointId, deliveries: ended }, 'webhook.endpoint_closed')
    }
  }

  return async () => {
    if (slots.free <= 0) return 'idle' // the next slot to be released wakes us
    const look = await lookForWork(db, { cursor, limit: ENDPOINTS_PER_LOOK_MAX, perEndpoint: LIMITS.perEndpoint })
    cursor = look.cursor
    await close(look.closed)
    const shares = planClaim(look.waiting, slots, LIMITS)
    if (shares.length === 0) return cursor === null ? 'idle' : 'more'
    const claimed = await claimDeliveries(db, shares, { leaseToken: randomUUID(), leaseMs: LEASE_MS })
    for (const delivery of claimed) slots.take(delivery)
    await begin(claimed)
    return 'more'
  }
}
