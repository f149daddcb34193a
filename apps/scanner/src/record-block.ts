import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { blockVerificationFailures } from '@ctrip/chain/metrics'
import { extractTransfers, type Transfer, withTrueSenders } from '@ctrip/chain/transfers'
import { isBlockAccepted } from '@ctrip/db/chains/accepted-blocks'
import { type ChainState, type InternalTransfers, moveCursor } from '@ctrip/db/chains/chain-state'
import {
  insertBlock,
  matchRecipients,
  type RecordedTransfer,
  recordTransfers,
  type ScannedBlock,
  type ScannedTransfer,
} from '@ctrip/db/chains/scanned-blocks'
import { insertTraceDebt, type TraceFailure } from '@ctrip/db/chains/trace-debts'
import { type Executor, keepAlive } from '@ctrip/db/database/database'
import { ConflictError } from '@ctrip/db/database/errors'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { lockPayments } from '@ctrip/db/payments/payments'
import type { PaymentId } from '@ctrip/domain/ids'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { ChainView } from '@ctrip/domain/payment/stages'
import { type ChangeResult, changePayments } from '@ctrip/use-cases/change-payments'
import { reportChanges } from '@ctrip/use-cases/report-changes'
import { ACTOR, type Writing } from './chain'
import * as metrics from './metrics'
import { traceBlock } from './trace-block'

/**
 * Commits a block: the block, its transfers to our addresses, what becomes of their payments, the events that tell it and
 * the cursor, all in one transaction. Internal transfers that no provider tells are noted as a debt in the same transaction. Killed before the commit, nothing has happened and the block is scanned again;
 * killed after it, everything has. Throws LeaseLostError or ConflictError where another writer came first.
 */
export async function recordBlock(
  deps: Writing,
  state: ChainState,
  block: VerifiedBlock,
  signal: AbortSignal,
): Promise<ChainState> {
  const { chain } = deps
  const found = await transfersOf(deps, block, signal)
  const transfers = found.transfers
  const internalTransfers = found.internalTransfers ?? state.internalTransfers
  const scanned = toScannedBlock(block)
  const view = { headNumber: block.number, headTime: scanned.time }
  const committed = await commit(deps, 'scan.record_block', async (tx) => {
    const recipients = await lockRecipients(tx, block, transfers)
    await moveCursor(tx, chain.chainId, scanned.parentHash, {
      ...scanned,
      trustReason: block.notProvable,
      internalTransfers,
    })
    if (block.trust === 'accepted' && !(await isBlockAccepted(tx, chain.chainId, block.hash)))
      throw new ConflictError(`the acceptance of block ${block.number} was withdrawn`)
    await insertBlock(tx, chain.chainId, scanned)
    if (found.owed !== null) await insertTraceDebt(tx, chain.chainId, block, found.owed)
    return recordPayments(tx, deps, scanned, recipients, view)
  })
  if (committed.results.length > 0) deps.wakeRelay()
  report(deps, scanned, committed)
  if (found.owed !== null)
    deps.log.warn({ chain: chain.name, block: block.number, ...found.owed }, 'scanner.trace_debt')
  const after = {
    ...state,
    cursor: { number: block.number, hash: block.hash },
    cursorTime: scanned.time,
    trust: block.trust,
    trustReason: block.notProvable ?? null,
    internalTransfers,
  }
  reportTrust(deps, state, after, block.provider)
  return after
}

interface Committed {
  readonly recorded: readonly RecordedTransfer[]
  readonly results: readonly ChangeResult[]
  /** How many of the block's transfers go to our addresses, recorded before or now. */
  readonly ours: number
}

/** The transfers of a block that are to our addresses, and the payments that these belong to. */
interface Recipients {
  readonly transfers: readonly Transfer[]
  readonly payments: readonly PaymentId[]
}

/** Postgres ends a transaction that says nothing for two seconds, and a sender takes milliseconds to recover. */
const SENDERS_AT_ONCE_MAX = 100

/**
 * Finds out whose the transfers are, and locks their payments, in id order: first of all, so that an API call on one of them
 * waits for this commit and never aborts it. The cursor's row is locked next: a writer that comes too late ends there. Transfers
 * to our addresses have the sender that their signature tells, and none of them is to oneself.
 */
export async function lockRecipients(
  tx: Executor,
  block: VerifiedBlock,
  transfers: readonly Transfer[],
): Promise<Recipients> {
  const matches = await matchRecipients(tx, [...new Set(transfers.map(({ to }) => to))])
  const payments = [...new Set(matches.map(({ paymentId }) => paymentId))]
  await lockPayments(tx, payments)
  const addresses = new Set(matches.map(({ address }) => address))
  const ours = transfers.filter(({ to }) => addresses.has(to))
  const founded: Transfer[] = []
  for (let at = 0; at < ours.length; at += SENDERS_AT_ONCE_MAX) {
    if (at > 0) await keepAlive(tx)
    founded.push(...withTrueSenders(block, ours.slice(at, at + SENDERS_AT_ONCE_MAX)))
  }
  return { transfers: founded, payments }
}

/** Records a block's transfers to our addresses and lets their payments follow. `view`: where the chain stands, if this transaction moves it. */
export async function recordPayments(
  tx: Executor,
  { chain, rateBook }: Pick<Writing, 'chain' | 'rateBook'>,
  block: ScannedBlock,
  { transfers, payments }: Recipients,
  view: ChainView | null,
): Promise<Committed> {
  const toRecord = transfers.map((transfer) => toScanned(chain, transfer))
  const recorded = await recordTransfers(tx, { chainId: chain.chainId, chain: chain.name }, block, toRecord)
  const appeared = recorded.filter(({ isNew }) => isNew).map(({ id }) => id)
  const reappeared = recorded.filter(({ isNew }) => !isNew).map(({ id }) => id)
  const fact = { kind: 'transfers_changed', appeared, reappeared, orphaned: [] } as const
  const results = await changePayments(tx, payments, () => fact, {
    actor: ACTOR,
    rateBook,
    blockNumber: block.number,
    ...(view === null ? {} : { chain: { chainId: chain.chainId, view } }),
  })
  return { recorded, results, ours: toRecord.length }
}

export interface Found {
  readonly transfers: readonly Transfer[]
  /** Null: nobody was asked to trace the block, because it is empty, or nobody told. */
  readonly internalTransfers: InternalTransfers | null
  /** Why the internal transfers are not among them; null where they are, or are not looked for. */
  readonly owed: TraceFailure | null
}

/** Everything that a block moves to anybody, as far as the providers tell. */
export async function transfersOf(deps: Writing, block: VerifiedBlock, signal: AbortSignal): Promise<Found> {
  const transfers = extractTransfers(block, deps.chain)
  if (deps.chain.internalTransfers === 'none') return { transfers, internalTransfers: 'none', owed: null }
  if (block.transactions.length === 0) return { transfers, internalTransfers: null, owed: null }
  const traced = await traceBlock(deps, block, signal)
  switch (traced.kind) {
    case 'told':
      return { transfers: [...transfers, ...traced.transfers], internalTransfers: 'trace', owed: null }
    case 'untraceable':
      return { transfers, internalTransfers: 'none', owed: null }
    case 'owed':
      return { transfers, internalTransfers: null, owed: traced.failure }
  }
}

export function toScannedBlock(block: VerifiedBlock): ScannedBlock {
  return { ...block, time: new Date(block.timestamp * 1000) }
}

function toScanned(chain: ChainConfig, { contract, ...transfer }: Transfer): ScannedTransfer {
  return { ...transfer, asset: assetOf(chain, contract) }
}

function assetOf(chain: ChainConfig, contract: Transfer['contract']): Asset {
  const { symbol, decimals } = chain.tokens.find((token) => token.contract === contract) ?? chain.native
  return { symbol, contract, decimals }
}

function report({ chain, log }: Writing, block: ScannedBlock, { recorded, results }: Committed): void {
  reportChanges(log, results)
  const payments = new Map(results.map(({ subject }) => [subject.payment.id, subject]))
  for (const { paymentId, kind, asset } of recorded) {
    const terms = payments.get(paymentId)?.payment
    const matched =
      kind !== 'funding' &&
      terms !== undefined &&
      terms.chainId === chain.chainId &&
      terms.asset.contract === asset.contract
    metrics.transfersDetected.inc({ chain: chain.name, asset: asset.symbol, matched: String(matched) })
  }
  metrics.blocksScanned.inc({ chain: chain.name })
  metrics.blockDetectionLatency.observe({ chain: chain.name }, Math.max(0, (Date.now() - block.time.getTime()) / 1000))
}

/** Says it when the chain can be trusted less, or more, than before: what GET /chains shows. */
function reportTrust({ chain, log }: Writing, before: ChainState, after: ChainState, provider: string): void {
  const { trust, trustReason, internalTransfers } = after
  if (trustReason !== null) blockVerificationFailures.inc({ chain: chain.name, provider, check: 'not_provable' })
  const same =
    trust === before.trust && trustReason === before.trustReason && internalTransfers === before.internalTransfers
  if (same) return
  log.warn(
    {
      chain: chain.name,
      block: after.cursor.number,
      trust,
      trust_reason: trustReason,
      internal_transfers: internalTransfers,
    },
    'scanner.trust_changed',
  )
}
