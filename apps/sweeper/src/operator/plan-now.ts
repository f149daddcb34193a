import { completeOperatorRequest, nextSweeperRequest } from '@ctrip/db/chains/operator-requests'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { endWaits, forgetSetbacks } from '@ctrip/db/sweeps/collection-waits'
import { parseAddress } from '@ctrip/domain/address'
import { z } from 'zod'
import type { Round } from '../context/round'

/** The terms of a request that also forgets earlier tries, so that money which failed too often is signed for again. */
const retrySchema = z.object({ retry: z.literal(true), address: z.string().transform(parseAddress).nullable() })

/** Does what an operator asked for: what waits is looked at again in this round, not when its time has come. */
export async function planNow(round: Round): Promise<void> {
  const { chainId, name } = round.config
  const request = await nextSweeperRequest(round.db.prisma, chainId, 'sweep')
  if (request === null) return
  const retry = retrySchema.safeParse(request.terms)
  const forgotten = await commit(round, 'sweep.plan_now', async (tx) => {
    await completeOperatorRequest(tx, request.id)
    if (retry.success) return forgetSetbacks(tx, chainId, retry.data.address)
    await endWaits(tx, chainId)
    return null
  })
  round.log.info({ chain: name, ...(forgotten === null ? {} : { retried: forgotten }) }, 'sweep.plan_now')
}
