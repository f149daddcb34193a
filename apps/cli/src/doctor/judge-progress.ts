import type { DeliveryBacklog } from '@ctrip/db/webhooks/delivery-backlog'
import { type ChainFacts, chainStanding, type HeadClaim, type Stall } from '@ctrip/domain/chain-standing'
import { type Finding, failed, passed, warned } from './finding'

/** A chain's facts in the database, and the holder of its lease. */
export interface ChainDuties {
  readonly chain: string
  readonly facts: ChainFacts
  /** Why nothing is collected; null while the sweeper may sign. */
  readonly pause: string | null
  /** Whether a scanner holds the chain's writer lease. */
  readonly scanned: boolean
  /** Whether a sweeper holds the lease of the chain's gas wallet. */
  readonly collected: boolean
}

// The threshold of the alerts OutboxStuck and WebhooksLate: doctor and pager say the same.
const LATE_AFTER_SECONDS = 60

export function judgeScanning({ chain, facts, scanned }: ChainDuties): Finding {
  const check = `scanning ${chain}`
  const { headBlock, lagBlocks, headClaim, stalled, catchingUp } = chainStanding(facts)
  if (facts.haltedReason !== null)
    return failed(
      check,
      `halted: ${facts.haltedReason}`,
      `docs/runbooks/ChainHalted.md, then: ctrip chains resume --chain ${chain}`,
    )
  const place = `${placeOf(facts, headBlock, lagBlocks)}${headClaim === null ? '' : `; ${describeClaim(headClaim)}`}`
  if (!scanned) return failed(check, `${place}; no scanner is at work`, 'start the scanner; its log says why it ended')
  if (stalled !== null) return failed(check, `${place}; ${describeStall(stalled)}`, remedyOf(facts, stalled))
  if (facts.cursor === null)
    return failed(check, place, 'is it in the chains.yaml of the scanner? It begins within a few seconds')
  if (catchingUp) return failed(check, `${place}; catching up`, 'wait; docs/runbooks/ScannerLagging.md if it lasts')
  if (headClaim !== null)
    return warned(check, place, 'compare both blocks with a block explorer; docs/runbooks/RpcProviderBehind.md')
  return passed(check, place)
}

function placeOf({ cursor }: ChainFacts, headBlock: number | null, lagBlocks: number | null): string {
  if (cursor === null) return 'has never been scanned'
  const behind = lagBlocks === null ? lagUnknown(headBlock) : `${lagBlocks} behind the newest known (${headBlock})`
  return `at block ${cursor.number}, ${behind}`
}

function lagUnknown(headBlock: number | null): string {
  return headBlock === null ? 'and no head is known' : `the newest that enough providers have reached is ${headBlock}`
}

function describeClaim({ block, providers }: HeadClaim): string {
  return `only ${providers.join(', ')} ${providers.length === 1 ? 'claims' : 'claim'} block ${block}`
}

function describeStall({ since, reason, providers }: Stall): string {
  const answers = providers.map(({ name, head, error }) => `${name} ${head === null ? error : `at ${head}`}`)
  return `stalled since ${since.toISOString()}: ${reason}; providers: ${answers.join(', ')}`
}

function remedyOf({ cursor, observation }: ChainFacts, { providers }: Stall): string {
  if (providers.some(({ head }) => head === null))
    return 'mend or replace the providers that do not answer; docs/runbooks/ChainRpcDown.md'
  const head = observation?.head?.number
  if (cursor !== null && head !== undefined && head < cursor.number)
    return 'is it the right chain, and has the node all of its data? A test chain that was reset needs a new database'
  // All is scanned and no cycle fails: what stands still is the chain, or its providers.
  const isScanned = cursor !== null && head === cursor.number && observation?.failure === null
  return isScanned ? 'docs/runbooks/ChainStalled.md' : 'docs/runbooks/ScannerStale.md'
}

export function judgeCollecting({ chain, pause, collected }: ChainDuties): Finding {
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

export function judgeDeliveries({ due, lagSeconds }: DeliveryBacklog): Finding {
  const detail = `${due} due, the oldest for ${Math.round(lagSeconds)} s`
  if (lagSeconds > LATE_AFTER_SECONDS) return failed('deliveries', detail, 'docs/runbooks/WebhooksLate.md')
  return passed('deliveries', detail)
}

/** Whether merchants' receivers take what is sent: they are not ours to mend, and yet their merchants hear nothing. */
export function judgeReceivers({ failing, circuitsOpen, deadLetters }: DeliveryBacklog): Finding {
  const detail = `${failing} endpoint(s) failing, ${circuitsOpen} with an open circuit; ${deadLetters} delivery(s) given up on in 24 h`
  if (failing + circuitsOpen > 0)
    return failed('receivers', detail, 'tell the merchants; docs/runbooks/WebhookCircuitsOpen.md')
  if (deadLetters > 0) return failed('receivers', detail, 'docs/runbooks/WebhookDeadLetters.md')
  return passed('receivers', detail)
}
