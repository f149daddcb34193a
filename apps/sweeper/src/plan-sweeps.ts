import { appendEvents } from '@ctrip/db/events'
import { insertSweeps, type NewSweep, readSweeps } from '@ctrip/db/sweeps'
import { type Collectable, readCollectable, recordWaits } from '@ctrip/db/uncollected'
import { newId } from '@ctrip/domain/ids'
import { sweepEvents } from '@ctrip/domain/sweep/events'
import { type AssetRules, retryDelayMs, type WaitReason, worthCollecting } from '@ctrip/domain/sweep/policy'
import { anchorSpan, currentTraceparent, inAnchoredSpan, inSpan } from '@ctrip/telemetry/spans'
import { assetRules } from './asset-rules'
import { depositSigner } from './deposit-signer'
import { inParallel } from './in-parallel'
import { isolate } from './isolate'
import type { Round } from './round'
import { strategyFor } from './strategies/choose-strategy'
import { commit } from './sweep-context'

const QUOTES_AT_ONCE = 8
/** One round's share; the rest come in the next, when these are on their way. */
const PLANNED_PER_ROUND_MAX = 200
const UNPROFITABLE_RETRY_MS = 60_000

type Decision =
  | { readonly kind: 'collect'; readonly money: Collectable }
  | { readonly kind: 'wait'; readonly money: Collectable; readonly reason: WaitReason; readonly failures: number }

/** Plans the collection of what is confirmed and worth it; notes of the rest why it waits. Returns how many were planned. */
export async function planSweeps(round: Round): Promise<number> {
  const collectable = await readCollectable(round.db.prisma, round.config.chainId)
  if (collectable.length === 0) return 0
  const turns = onePerAddress(collectable).slice(0, PLANNED_PER_ROUND_MAX)
  const decisions = await inParallel(turns, QUOTES_AT_ONCE, (money) =>
    isolate(round, { payment_id: money.paymentId }, () => decide(round, money)),
  )
  const planned = decisions.flatMap((decision) => (decision?.kind === 'collect' ? [decision.money] : []))
  await noteWaits(round, decisions)
  if (planned.length > 0) await inSpan('plan sweeps', { root: true }, () => plan(round, planned))
  return planned.length
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

async function decide(round: Round, money: Collectable): Promise<Decision> {
  const wait = (reason: WaitReason, failures: number): Decision => ({ kind: 'wait', money, reason, failures })
  const rules = assetRules(round.config, money.asset)
  if (rules === null) return wait('asset_not_configured', 0)
  if (depositSigner(round, money) === null) return wait('address_mismatch', money.failures + 1)
  if (money.amount < rules.minSweep) return wait('below_min_sweep', 0)
  return await quoteAndJudge(round, money, rules, wait)
}

async function quoteAndJudge(
  round: Round,
  money: Collectable,
  asset: AssetRules,
  wait: (reason: WaitReason, failures: number) => Decision,
): Promise<Decision> {
  const quote = await strategyFor(money.asset).quote(round, money)
  if (quote.kind === 'impossible') {
    round.log.warn(
      { chain: round.config.name, payment_id: money.paymentId, reason: quote.reason, why: quote.why },
      'sweep.impossible',
    )
    return wait(quote.reason, money.failures + 1)
  }
  const worth = worthCollecting({ amount: money.amount, asset }, quote, round.config.sweep)
  return worth.worth ? { kind: 'collect', money } : wait(worth.reason, 0)
}

async function noteWaits(round: Round, decisions: readonly (Decision | null)[]): Promise<void> {
  const waits = decisions.flatMap((decision) => {
    if (decision?.kind !== 'wait') return []
    const { money, reason, failures } = decision
    const delayMs = failures === 0 ? UNPROFITABLE_RETRY_MS : retryDelayMs(failures)
    const { address, asset, amount } = money
    return [{ address, asset, amount, reason, failures, retryAt: new Date(Date.now() + delayMs) }]
  })
  if (waits.length === 0) return
  await commit(round, 'sweep.wait', (tx) => recordWaits(tx, round.config.chainId, waits))
}

/** Locks the addresses. From here on a crash loses nothing: what is planned is signed in this round or in a later one. */
async function plan(round: Round, planned: readonly Collectable[]): Promise<void> {
  const sweeps = planned.map((money) => newSweep(round, money))
  const told = await commit(round, 'sweep.plan', async (tx) => {
    await insertSweeps(tx, sweeps)
    const written = await readSweeps(
      tx,
      sweeps.map(({ id }) => id),
    )
    const events = written.flatMap((sweep) => sweepEvents('sweep.planned', sweep, null))
    await appendEvents(
      tx,
      events.map((draft) => ({ draft, traceparent: currentTraceparent() ?? draft.traceAnchor })),
    )
    return written
  })
  round.wakeRelay()
  for (const sweep of told) {
    for (const item of sweep.items) {
      const attributes = { 'ctrip.payment.id': item.paymentId, 'ctrip.chain': sweep.chain, 'ctrip.sweep.id': sweep.id }
      await inAnchoredSpan(
        'sweep item',
        { anchor: item.paymentAnchor, links: [sweep.traceAnchor], attributes },
        async () => {
          round.log.info({ sweep_id: sweep.id, payment_id: item.paymentId, chain: sweep.chain }, 'sweep.planned')
        },
      )
    }
  }
}

function newSweep(round: Round, money: Collectable): NewSweep {
  const { name: chain, chainId, treasury } = round.config
  const id = newId('sweep')
  const strategy = strategyFor(money.asset).name
  return {
    id,
    chain,
    chainId,
    asset: money.asset,
    treasury,
    strategy,
    traceAnchor: anchorSpan('sweep.planned', {
      'ctrip.sweep.id': id,
      'ctrip.chain': chain,
      'ctrip.sweep.strategy': strategy,
    }),
    items: [
      { address: money.address, paymentId: money.paymentId, merchantId: money.merchantId, amountPlanned: money.amount },
    ],
  }
}
