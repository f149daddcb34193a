import { appendEvents } from '@ctrip/db/events/events'
import { insertSweeps, type NewSweep, readSweeps } from '@ctrip/db/sweeps/sweeps'
import { type Collectable, readCollectable, recordWaits } from '@ctrip/db/sweeps/uncollected'
import { newId } from '@ctrip/domain/ids'
import { sweepEvents } from '@ctrip/domain/sweep/events'
import { retryDelayMs } from '@ctrip/domain/sweep/policy'
import type { Sweep } from '@ctrip/domain/sweep/sweep'
import { anchorSpan, currentTraceparent, inAnchoredSpan, inSpan } from '@ctrip/telemetry/spans'
import { chooseStrategies, type Proposal } from './choose-strategies'
import { inParallel } from './in-parallel'
import { isolate } from './isolate'
import { judgeWorth, type QuotedMoney, quoteMoney, type WaitingMoney } from './quote-money'
import type { Inquiry, Round } from './round'
import { commit } from './sweep-context'

const QUOTES_AT_ONCE = 8
/** One round's share; the rest come in the next, when these are on their way. */
const PLANNED_PER_ROUND_MAX = 200
const UNPROFITABLE_RETRY_MS = 60_000

export interface Plan {
  readonly proposals: readonly Proposal[]
  readonly waits: readonly WaitingMoney[]
}

/** Plans the collection of what is confirmed and worth it; notes of the rest why it waits. Returns how many sweeps were planned. */
export async function planSweeps(round: Round): Promise<number> {
  const { proposals, waits } = await makePlan(round)
  if (waits.length > 0) await noteWaits(round, waits)
  if (proposals.length > 0) await inSpan('plan sweeps', { root: true }, () => write(round, proposals))
  return proposals.length
}

/** What would be collected now, how and at what price, and what would not. Changes nothing. */
export async function makePlan(round: Inquiry): Promise<Plan> {
  const collectable = await readCollectable(round.db.prisma, round.config.chainId)
  const turns = onePerAddress(collectable).slice(0, PLANNED_PER_ROUND_MAX)
  if (turns.length === 0) return { proposals: [], waits: [] }
  const answers = await inParallel(turns, QUOTES_AT_ONCE, (money) =>
    isolate(round, { payment_id: money.paymentId }, () => quoteMoney(round, money)),
  )
  const quoted = answers.filter((answer) => answer?.kind === 'quoted')
  const judged = (await chooseStrategies(round, quoted)).map(({ strategy, parts, feeWeiEach }) => {
    const parted = parts.map((part) => judgeWorth(round, part, feeWeiEach))
    return { strategy, feeWeiEach, parts: parted.filter(isQuoted), waits: parted.filter(isWaiting) }
  })
  return {
    proposals: judged.filter(({ parts }) => parts.length > 0),
    waits: [...answers.filter((answer) => answer?.kind === 'wait'), ...judged.flatMap(({ waits }) => waits)],
  }
}

/** An address is in one sweep at a time: tokens first, since native coin pays for their gas and can be swept to the last wei after. */
function onePerAddress(collectable: readonly Collectable[]): Collectable[] {
  const turns = new Map<string, Collectable>()
  for (const money of collectable) {
    const known = turns.get(money.address)
    if (known === undefined || (known.asset.contract === null && money.asset.contract !== null)) {
      turns.set(money.address, money)
    }
  }
  return [...turns.values()]
}

async function noteWaits(round: Round, waiting: readonly WaitingMoney[]): Promise<void> {
  const waits = waiting.map(({ money: { address, asset, amount }, reason, failures }) => {
    const delayMs = failures === 0 ? UNPROFITABLE_RETRY_MS : retryDelayMs(failures)
    return { address, asset, amount, reason, failures, retryAt: new Date(Date.now() + delayMs) }
  })
  await commit(round, 'sweep.wait', (tx) => recordWaits(tx, round.config.chainId, waits))
}

/** Locks the addresses. From here on a crash loses nothing: what is planned is signed in this round or in a later one. */
async function write(round: Round, proposals: readonly Proposal[]): Promise<void> {
  const sweeps = proposals.map((proposal) => newSweep(round, proposal))
  const written = await commit(round, 'sweep.plan', async (tx) => {
    await insertSweeps(tx, sweeps)
    const rows = await readSweeps(
      tx,
      sweeps.map(({ id }) => id),
    )
    const events = rows.flatMap((sweep) => sweepEvents('sweep.planned', sweep, null))
    await appendEvents(
      tx,
      events.map((draft) => ({ draft, traceparent: currentTraceparent() ?? draft.traceAnchor })),
    )
    return rows
  })
  round.wakeRelay()
  for (const sweep of written) await markItems(round, sweep)
}

/** Each payment's trace shows that its money is on its way, and in which sweep. */
async function markItems({ log }: Round, sweep: Sweep): Promise<void> {
  for (const { paymentId, paymentAnchor } of sweep.items) {
    const attributes = { 'ctrip.payment.id': paymentId, 'ctrip.chain': sweep.chain, 'ctrip.sweep.id': sweep.id }
    const links = [sweep.traceAnchor]
    await inAnchoredSpan('sweep item', { anchor: paymentAnchor, links, attributes }, async () => {
      log.info({ sweep_id: sweep.id, payment_id: paymentId, chain: sweep.chain }, 'sweep.planned')
    })
  }
}

function newSweep(round: Round, { strategy, parts }: Proposal): NewSweep {
  const { name: chain, chainId, treasury } = round.config
  const [first] = parts
  if (first === undefined) throw new RangeError('a sweep has items')
  const id = newId('sweep')
  const attributes = { 'ctrip.sweep.id': id, 'ctrip.chain': chain, 'ctrip.sweep.strategy': strategy }
  return {
    id,
    chain,
    chainId,
    asset: first.money.asset,
    treasury,
    strategy,
    traceAnchor: anchorSpan('sweep.planned', attributes),
    items: parts.map(({ money: { address, paymentId, merchantId, amount } }) => ({
      address,
      paymentId,
      merchantId,
      amountPlanned: amount,
    })),
  }
}

function isQuoted(judged: QuotedMoney | WaitingMoney): judged is QuotedMoney {
  return judged.kind === 'quoted'
}

function isWaiting(judged: QuotedMoney | WaitingMoney): judged is WaitingMoney {
  return judged.kind === 'wait'
}
