import type { ChainConfig } from '@ctrip/chain/chain-config'
import { type ChainState, resumeChain } from '@ctrip/db/chains/chain-state'
import type { Database } from '@ctrip/db/database/database'
import { transaction } from '@ctrip/db/database/transaction'
import { appendAudit } from '@ctrip/db/merchants/audit-log'
import type { Answer } from '../answer'
import { type AgreedBlock, findAgreedBlock, withProviders } from './ask-providers'

/**
 * Resumes a halted chain on the branch that the quorum of its providers has now. Throws, and changes nothing, while they do not agree.
 * The audit log keeps the block, who named it, and the reason of the halt.
 */
export async function resumeHalted(db: Database, state: ChainState, config: ChainConfig): Promise<Answer> {
  const { chain, chainId, haltedReason } = state
  if (haltedReason === null) throw new Error(`${chain} is not halted`)
  const agreed = await withProviders(db, config, (pool, signal) => findAgreedBlock(pool, config, state, signal))
  const { number, hash, providers } = agreed
  const { quorum } = config
  const isResumed = await transaction(db, 'chains.resume', async (tx) => {
    const resumed = await resumeChain(tx, chainId)
    const detail = { halted_reason: haltedReason, number, hash, providers, quorum }
    if (resumed)
      await appendAudit(tx, { actor: 'ctrip', action: 'ctrip chains resume', target: chain, requestId: '', detail })
    return resumed
  })
  if (!isResumed) throw new Error(`${chain} is not halted`)
  const text = `${chain} is resumed on the branch of block ${number}, ${hash}: ${vouchers(agreed, quorum)}`
  return { text, json: { chain, resumed: true, number, hash, providers, quorum } }
}

function vouchers({ providers }: AgreedBlock, quorum: number): string {
  const names = providers.join(', ')
  return quorum === 1
    ? `on the word of ${names}, since the quorum is 1`
    : `${names} have it, and the quorum is ${quorum}`
}
