import { completeOperatorRequest, nextSweeperRequest } from '@ctrip/db/chains/operator-requests'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { endWaits } from '@ctrip/db/sweeps/collection-waits'
import type { Round } from '../context/round'

/** Does what an operator asked for: what waits is looked at again in this round, not when its time has come. */
export async function planNow(round: Round): Promise<void> {
  const { chainId, name } = round.config
  const request = await nextSweeperRequest(round.db.prisma, chainId, 'sweep')
  if (request === null) return
  await commit(round, 'sweep.plan_now', async (tx) => {
    await endWaits(tx, chainId)
    await completeOperatorRequest(tx, request.id)
  })
  round.log.info({ chain: name }, 'sweep.plan_now')
}
