import { deploymentCode } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import { completeOperatorRequest, nextSweeperRequest } from '@ctrip/db/chains/operator-requests'
import { readOpenOf } from '@ctrip/db/sweeps/sweep-transactions'
import { ZERO } from '@ctrip/domain/amount'
import { gasWalletFees } from '../chain/fees'
import type { Round } from '../context/round'
import { commit } from '../context/sweep-context'
import { signTransaction } from './sign-transaction'

/** Measured 170,535, with room for chains that charge more for code. */
const DEPLOYMENT_GAS = 400_000n

/**
 * Deploys our contracts where an operator asked for it: a transaction of the gas wallet like any other, followed and
 * replaced like any other. Returns how many were signed.
 */
export async function deployContracts(round: Round): Promise<number> {
  const { chain, config, db, keys, log } = round
  const request = await nextSweeperRequest(db.prisma, config.chainId, 'deploy')
  if (request === null || (await readOpenOf(db.prisma, config.chainId, 'deploy')).length > 0) return 0
  const done = (msg: string) =>
    commit(round, 'sweep.deploy_done', (tx) => completeOperatorRequest(tx, request.id)).then(() => {
      log.info({ chain: config.name }, msg)
      return 0
    })
  if ((await round.contracts()) !== null) return done('sweep.contracts_deployed')
  if (!(await chain.supportsDelegation())) return done('sweep.delegation_not_supported')
  await signTransaction(round, null, {
    purpose: 'deploy',
    signer: keys.gasWallet,
    to: null,
    value: ZERO,
    data: deploymentCode(config.treasury),
    gasLimit: DEPLOYMENT_GAS,
    fees: gasWalletFees(await round.market()),
    takes: null,
  })
  return 1
}
