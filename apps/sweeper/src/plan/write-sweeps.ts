import type { Executor } from '@ctrip/db/database/database'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { insertSweeps, type NewSweep, readSweeps } from '@ctrip/db/sweeps/sweeps'
import { newId } from '@ctrip/domain/ids'
import { sweepEvents } from '@ctrip/domain/sweep/events'
import type { Sweep } from '@ctrip/domain/sweep/sweep'
import { anchorNewTrace, inAnchoredSpan, inSpan } from '@ctrip/telemetry/spans'
import { emitEvents } from '@ctrip/use-cases/emit-events'
import type { Round } from '../context/round'
import type { Proposal } from './choose-strategies'

/**
 * Locks the addresses. From here on a crash loses nothing: what is planned is signed in this round or in a later one.
 * `alsoWrite` is committed with it. Returns the sweeps.
 */
export async function writeSweeps(
  round: Round,
  proposals: readonly Proposal[],
  alsoWrite: (tx: Executor, sweeps: readonly NewSweep[]) => Promise<void> = async () => undefined,
): Promise<Sweep[]> {
  return inSpan('plan sweeps', { root: true }, () => write(round, proposals, alsoWrite))
}

async function write(
  round: Round,
  proposals: readonly Proposal[],
  alsoWrite: (tx: Executor, sweeps: readonly NewSweep[]) => Promise<void>,
): Promise<Sweep[]> {
  const sweeps = proposals.map((proposal) => newSweep(round, proposal))
  const written = await commit(round, 'sweep.plan', async (tx) => {
    await insertSweeps(tx, sweeps)
    await alsoWrite(tx, sweeps)
    const rows = await readSweeps(
      tx,
      sweeps.map(({ id }) => id),
    )
    const events = rows.flatMap((sweep) => sweepEvents('sweep.planned', sweep, null))
    await emitEvents(tx, events)
    return rows
  })
  round.wakeRelay()
  for (const sweep of written) await markItems(round, sweep)
  return written
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
    traceAnchor: anchorNewTrace('sweep.planned', attributes),
    items: parts.map(({ money: { address, paymentId, merchantId, amount } }) => ({
      address,
      paymentId,
      merchantId,
      amountPlanned: amount,
    })),
  }
}
