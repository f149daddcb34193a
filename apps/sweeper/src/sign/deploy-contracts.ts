import { deploymentCode } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import { feeCap } from '@ctrip/chain/transactions/fees'
import { completeOperatorRequest, nextSweeperRequest } from '@ctrip/db/chains/operator-requests'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { readOpenOf } from '@ctrip/db/sweeps/sweep-transactions'
import { ZERO } from '@ctrip/domain/amount'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import { gasWalletFees } from '../chain/fees'
import { limitFees } from '../context/limit-fees'
import { knownMarket, type Round } from '../context/round'
import type { Memory } from '../context/round-memory'
import { signTransaction } from './sign-transaction'

/** Measured 170,535, with room for chains that charge more for code. */
const DEPLOYMENT_GAS = 400_000n
const DEPLOYMENT_BYTES = 1_000

/**
 * Deploys our contracts where an operator asked for it: a transaction of the gas wallet like any other, followed and
 * replaced like any other. Returns how many were signed.
 */
export async function deployContracts(round: Round, memory: Memory): Promise<number> {
  const { chain, config, db, keys, log } = round
  const request = await nextSweeperRequest(db.prisma, config.chainId, 'deploy')
  if (request === null || (await readOpenOf(db.prisma, config.chainId, 'deploy')).length > 0) return 0
  const done = (msg: string) =>
    commit(round, 'sweep.deploy_done', (tx) => completeOperatorRequest(tx, request.id)).then(() => {
      log.info({ chain: config.name }, msg)
      return 0
    })
  const waits = (reason: WaitReason): 0 => {
    if (memory.isNews('deployment', reason)) log.warn({ chain: config.name, reason }, 'sweep.deployment_waits')
    return 0
  }
  if ((await round.contracts()) !== null) return done('sweep.contracts_deployed')
  if (!(await chain.supportsDelegation())) return done('sweep.delegation_not_supported')
  if ((await round.market()).kind === 'unknown') return waits('fees_unknown')
  const dataFeeWei = await chain.dataFee(DEPLOYMENT_BYTES, DEPLOYMENT_GAS)
  const cost = { gasLimit: DEPLOYMENT_GAS, gasExpected: DEPLOYMENT_GAS, dataFeeWei, otherWei: 0n }
  const offer = await limitFees(round, gasWalletFees(await knownMarket(round)), cost, null)
  if (offer.kind === 'wait') return waits(offer.reason)
  const { fees } = offer
  if (!(await round.gasBudget()).take(DEPLOYMENT_GAS * feeCap(fees) + dataFeeWei)) return waits('gas_wallet_low')
  await signTransaction(round, null, {
    purpose: 'deploy',
    signer: keys.gasWallet,
    to: null,
    value: ZERO,
    data: deploymentCode(config.treasury),
    gasLimit: DEPLOYMENT_GAS,
    fees,
    takes: null,
  })
  return 1
}
