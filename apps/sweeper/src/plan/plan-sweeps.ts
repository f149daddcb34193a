import { commit } from '@ctrip/db/leases/fenced-commit'
import { type Collectable, readCollectable } from '@ctrip/db/sweeps/collectable'
import { recordWaits } from '@ctrip/db/sweeps/collection-waits'
import { type WaitReason, waitMs } from '@ctrip/domain/sweep/policy'
import { inParallel } from '../context/concurrency'
import { attempt, isolate } from '../context/isolate'
import type { Inquiry, Round } from '../context/round'
import { attributeLate } from './attribute-late'
import { chooseStrategies, type Proposal } from './choose-strategies'
import { holdBack } from './hold-back'
import { judgeWorth, type QuotedMoney, quoteMoney, type WaitingMoney } from './quote-money'
import { writeSweeps } from './write-sweeps'

const QUOTES_AT_ONCE = 8
/** Reasons that nobody has to look at. */
const UNREMARKABLE: ReadonlySet<WaitReason> = new Set(['below_min_sweep', 'fee_too_high', 'gas_price_too_high'])
/** One round's share; the rest come in the next, when these are on their way. */
const PLANNED_PER_ROUND_MAX = 200

export interface Plan {
  readonly proposals: readonly Proposal[]
  readonly waits: readonly WaitingMoney[]
}

/** Plans the collection of what is confirmed and worth it; notes of the rest why it waits. Returns how many sweeps were planned. */
export async function planSweeps(round: Round): Promise<number> {
  const { proposals, waits } = await makePlan(round)
  const unexplained: WaitingMoney[] = []
  for (const wait of waits) if (!(await isCollectedAlready(round, wait))) unexplained.push(wait)
  if (unexplained.length > 0) await noteWaits(round, unexplained)
  if (proposals.length > 0) await writeSweeps(round, proposals)
  return proposals.length
}

/** What would be collected now, how and at what price, and what would not. Changes nothing. */
export async function makePlan(round: Inquiry): Promise<Plan> {
  const { chainId, native, tokens } = round.config
  const least = [{ contract: null, minSweep: native.minSweep }, ...tokens]
  const collectable = await readCollectable(round.db.prisma, chainId, least)
  const turns = onePerAddress(collectable).slice(0, PLANNED_PER_ROUND_MAX)
  if (turns.length === 0) return { proposals: [], waits: [] }
  const answers = await inParallel(turns, QUOTES_AT_ONCE, (money) => quoteOrWait(round, money))
  const quoted = answers.filter((answer) => answer.kind === 'quoted')
  const judged = (await chooseStrategies(round, quoted)).map(({ strategy, parts, feeWeiEach }) => {
    const parted = parts.map((part) => judgeWorth(round, part, feeWeiEach))
    return { strategy, feeWeiEach, parts: parted.filter(isQuoted), waits: parted.filter(isWaiting) }
  })
  const worthwhile = judged.filter(({ parts }) => parts.length > 0)
  const { proposals, waits: held } = await holdBack(round, worthwhile)
  const refused = answers.filter((answer) => answer.kind === 'wait')
  return { proposals, waits: [...refused, ...judged.flatMap(({ waits }) => waits), ...held] }
}

/** Money that no provider answers about waits like money that cannot be swept: the delay grows, and nobody else waits. */
async function quoteOrWait(round: Inquiry, money: Collectable): Promise<QuotedMoney | WaitingMoney> {
  const quote = await attempt(round, { payment_id: money.paymentId }, () => quoteMoney(round, money))
  return quote.ok
    ? quote.value
    : { kind: 'wait', money, reason: quote.reason, failures: money.setbacks.failures + 1, why: '' }
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

async function isCollectedAlready(round: Round, wait: WaitingMoney): Promise<boolean> {
  if (wait.reason !== 'nothing_there') return false
  return (await isolate(round, { payment_id: wait.money.paymentId }, () => attributeLate(round, wait))) === true
}

async function noteWaits(round: Round, waiting: readonly WaitingMoney[]): Promise<void> {
  const waits = waiting.map(({ money: { address, asset, amount }, reason, failures }) => {
    return { address, asset, amount, reason, failures, retryAt: new Date(Date.now() + waitMs(reason, failures)) }
  })
  await commit(round, 'sweep.wait', (tx) => recordWaits(tx, round.config.chainId, waits))
  reportWaits(round, waiting)
}

/** One line for each reason that is new for some money, with their number and an example: what waits for the same reason again is no news. */
function reportWaits({ config, log }: Round, waiting: readonly WaitingMoney[]): void {
  const news = Map.groupBy(
    waiting.filter(({ money, reason }) => money.waitReason !== reason),
    ({ reason }) => reason,
  )
  for (const [reason, [first, ...others]] of news) {
    if (first === undefined) continue
    const { money, why } = first
    const example = { payment_id: money.paymentId, asset: money.asset.symbol, ...(why === '' ? {} : { why }) }
    const fields = { chain: config.name, reason, addresses: others.length + 1, ...example }
    if (UNREMARKABLE.has(reason)) log.info(fields, 'sweep.money_waits')
    else log.warn(fields, 'sweep.money_waits')
  }
}

function isQuoted(judged: QuotedMoney | WaitingMoney): judged is QuotedMoney {
  return judged.kind === 'quoted'
}

function isWaiting(judged: QuotedMoney | WaitingMoney): judged is WaitingMoney {
  return judged.kind === 'wait'
}
