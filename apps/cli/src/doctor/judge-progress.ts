import type { ChainState } from '@ctrip/db/chains/chain-state'
import type { DeliveryBacklog } from '@ctrip/db/webhooks/delivery-backlog'
import { type Finding, failed, passed } from './finding'

/** What the database says of a chain. */
export interface ChainStanding {
  readonly chain: string
  /** Null where the chain has never been scanned. */
  readonly state: Pick<ChainState, 'cursor' | 'headNumber' | 'haltedReason' | 'updatedAt'> | null
  /** Why nothing is collected; null while the sweeper may sign. */
  readonly pause: string | null
  /** Whether a scanner holds the chain's writer lease. */
  readonly scanned: boolean
  /** Whether a sweeper holds the lease of the chain's gas wallet. */
  readonly collected: boolean
  readonly now: Date
}

// The thresholds of the alerts ScannerStale, OutboxStuck and WebhooksLate: doctor and pager say the same.
const STALE_AFTER_MS = 120_000
const LATE_AFTER_SECONDS = 60

export function judgeScanning({ chain, state, scanned, now }: ChainStanding): Finding {
  const check = `scanning ${chain}`
  if (state === null)
    return failed(check, 'has never been scanned', 'is it in the chains.yaml of the scanner, and does that run?')
  const { cursor, headNumber, haltedReason, updatedAt } = state
  if (haltedReason !== null)
    return failed(
      check,
      `halted: ${haltedReason}`,
      `docs/runbooks/ReorgBeyondMargin.md, then: ctrip chains resume --chain ${chain}`,
    )
  const behind = headNumber - cursor.number
  const place = `at block ${cursor.number}, ${behind} behind the newest known`
  if (!scanned) return failed(check, `${place}; no scanner is at work`, 'start the scanner; its log says why it ended')
  const stillMs = now.getTime() - updatedAt.getTime()
  if (behind > 0 && stillMs > STALE_AFTER_MS)
    return failed(check, `${place}; stands still for ${Math.round(stillMs / 1000)} s`, 'docs/runbooks/ScannerStale.md')
  return passed(check, place)
}

export function judgeCollecting({ chain, pause, collected }: ChainStanding): Finding {
  const check = `collecting on ${chain}`
  if (pause !== null)
    return failed(
      check,
      `paused: ${pause}`,
      `once the reason is gone: ctrip sweeper resume --chain ${chain}. Did the sweeper pause itself? docs/runbooks/SweeperHalted.md`,
    )
  if (!collected) return failed(check, 'no sweeper is at work', 'start the sweeper; its log says why it ended')
  return passed(check, 'a sweeper is at work, and not paused')
}

export function judgeOutbox(backlog: { readonly pending: number; readonly oldestAgeSeconds: number }): Finding {
  const detail = `${backlog.pending} event(s) to publish, the oldest ${Math.round(backlog.oldestAgeSeconds)} s old`
  if (backlog.oldestAgeSeconds > LATE_AFTER_SECONDS) return failed('outbox', detail, 'docs/runbooks/OutboxStuck.md')
  return passed('outbox', detail)
}

/** Dead letters and open circuits are told, and no fault of ours: they are a receiver's. */
export function judgeDeliveries({ due, lagSeconds, deadLetters, circuitsOpen }: DeliveryBacklog): Finding {
  const detail =
    `${due} due, the oldest for ${Math.round(lagSeconds)} s; ` +
    `${deadLetters} given up on in 24 h, ${circuitsOpen} endpoint(s) with an open circuit`
  if (lagSeconds > LATE_AFTER_SECONDS) return failed('deliveries', detail, 'docs/runbooks/WebhooksLate.md')
  return passed('deliveries', detail)
}
