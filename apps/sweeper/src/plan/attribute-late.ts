import { commit } from '@ctrip/db/leases/fenced-commit'
import { lockPayments } from '@ctrip/db/payments/payments'
import { clearWaits } from '@ctrip/db/sweeps/collection-waits'
import { recordedBalance } from '@ctrip/db/sweeps/recorded-balance'
import { markCollected, newestSweepOf, uncollectedBefore } from '@ctrip/db/sweeps/uncollected'
import { attributeGone } from '@ctrip/domain/sweep/attribute'
import { changePayments } from '@ctrip/use-cases/change-payments'
import { reportChanges } from '@ctrip/use-cases/report-changes'
import type { Round } from '../context/round'
import type { WaitingMoney } from './quote-money'

const ACTOR = 'sweeper'

/**
 * Money that was recorded after a sweep had taken it along already (a backfill found it): its address is empty, and the
 * books agree to the last unit that it must be. It counts as that sweep's. Returns whether that was so: else it is a
 * riddle, and waits for a person.
 */
export async function attributeLate(round: Round, { money }: WaitingMoney): Promise<boolean> {
  const { chain, config, db, log } = round
  const { chainId } = config
  const { address, asset, paymentId } = money
  const held = await (asset.contract === null ? chain.balance(address) : chain.tokenBalance(asset.contract, address))
  // A node that hides what is there does not fool the books: they would have it that it must be.
  if (held === null || (await recordedBalance(db.prisma, chainId, address, asset)) !== held) return false
  const changes = await commit(round, 'sweep.attribute_late', async (tx) => {
    await lockPayments(tx, [paymentId])
    const sweep = await newestSweepOf(tx, chainId, paymentId, asset)
    if (sweep === null) return []
    const before = await uncollectedBefore(tx, chainId, address, asset, afterBlock(sweep.blockNumber))
    const gone = attributeGone(before, held)
    if (gone.length === 0) return []
    await markCollected(tx, sweep.id, gone)
    await clearWaits(tx, chainId, asset, [address])
    log.info({ chain: config.name, sweep_id: sweep.id, payment_id: paymentId, transfers: gone.length }, 'sweep.late')
    return changePayments(tx, [paymentId], () => ({ kind: 'sweep_confirmed' }), { actor: ACTOR })
  })
  round.wakeRelay()
  reportChanges(log, changes)
  return changes.length > 0
}

function afterBlock(blockNumber: number) {
  return { blockNumber: blockNumber + 1, position: 0 }
}
