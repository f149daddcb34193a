import {
  batcherCode,
  contractsAt,
  delegateCode,
  type SweepContracts,
} from '@ctrip/chain/sweep-contracts/sweep-contracts'
import { readDeployment } from '@ctrip/db/sweeps/sweep-transactions'
import type { SweepContext } from '../context/sweep-context'

/**
 * Our contracts on a chain; null where none were deployed, or where what stands there is not, byte for byte, the code that
 * obeys this gas wallet and pays this treasury. Asked anew in each round that would use them.
 */
export async function readContracts(context: SweepContext): Promise<SweepContracts | null> {
  const { chain, conditions, config, db, keys } = context
  const deployment = await readDeployment(db.prisma, config.chainId)
  if (deployment === null) return null
  const contracts = contractsAt(deployment.sender, deployment.nonce)
  const terms = { owner: keys.gasWallet.address, treasury: config.treasury }
  const batcher = await chain.code(contracts.batcher)
  const delegate = await chain.code(contracts.delegate)
  const found = { level: 'warn', kind: contracts.batcher, fields: {} } as const
  if (batcher !== batcherCode(terms) || delegate !== delegateCode(contracts, terms)) {
    conditions.note({ ...found, msg: 'sweep.contracts_differ' })
    return null
  }
  if (await keys.signsFor(config.chainId, contracts.batcher)) return contracts
  // Deployed before the signer's log began: SIGNER_KNOWN_BATCHERS names it.
  conditions.note({ ...found, msg: 'sweep.contracts_unknown_to_signer' })
  return null
}
