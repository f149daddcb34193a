import type { ChainConfig } from '@ctrip/chain/chain-config'
import { acceptBlock, withdrawBlock } from '@ctrip/db/chains/accepted-blocks'
import { readFactsOf } from '@ctrip/db/chains/chain-observations'
import type { BlockRef, ChainState } from '@ctrip/db/chains/chain-state'
import type { Database } from '@ctrip/db/database/database'
import { transaction } from '@ctrip/db/database/transaction'
import { type AuditEntry, appendAudit } from '@ctrip/db/merchants/audit-log'
import type { Answer } from '../answer'
import { confirm } from '../confirm'
import { findServers, withProviders } from './ask-providers'

export interface Acceptance {
  readonly block: BlockRef
  readonly reason: string
  /** Without asking. */
  readonly yes: boolean
}

const RISK = [
  'Nobody vouches for what is in this block. The scanner will take the copy that its providers send, if they send one copy only:',
  'a payment that it shows is credited, one that it leaves out is lost. Compare its transfers with a block explorer first.',
].join('\n')

/** Accepts the block that the scanner refuses: the one after the cursor, which a provider serves. Throws for any other. */
export async function takeBlock(
  db: Database,
  state: ChainState,
  config: ChainConfig,
  { block, reason, yes }: Acceptance,
): Promise<Answer> {
  const { chain, chainId } = state
  await assertRefused(db, state, block.number)
  const servers = await withProviders(db, config, (pool, signal) => findServers(pool, block, state, signal))
  console.error(`${chain}, block ${block.number}, ${block.hash}, served by ${servers.join(', ')}\n${RISK}`)
  if (!yes) await confirm()
  const isNew = await transaction(db, 'blocks.accept', async (tx) => {
    const inserted = await acceptBlock(tx, chainId, block, reason)
    if (inserted) await appendAudit(tx, auditOf(chain, { ...block, reason, providers: servers }))
    return inserted
  })
  if (!isNew) throw new Error(`block ${block.number} of ${chain} was accepted before`)
  return { text: `${chain} takes block ${block.number}`, json: { chain, ...block, accepted: true } }
}

/** Withdraws an acceptance that the scanner has not used. */
export async function withdrawAcceptance(
  db: Database,
  { chain, chainId }: ChainState,
  { block, reason }: Pick<Acceptance, 'block' | 'reason'>,
): Promise<Answer> {
  const isWithdrawn = await transaction(db, 'blocks.withdraw', async (tx) => {
    const withdrawn = await withdrawBlock(tx, chainId, block)
    if (withdrawn) await appendAudit(tx, auditOf(chain, { ...block, reason, withdrawn: true }))
    return withdrawn
  })
  if (!isWithdrawn)
    throw new Error(`block ${block.number}, ${block.hash}, was not accepted, or ${chain} has committed it already`)
  return { text: `${chain} no longer takes block ${block.number}`, json: { chain, ...block, accepted: false } }
}

async function assertRefused(db: Database, { chain, chainId, cursor }: ChainState, number: number): Promise<void> {
  if (number <= cursor.number) throw new Error(`${chain} is scanned up to ${cursor.number} already`)
  const next = cursor.number + 1
  if (number !== next) throw new Error(`${chain} waits for block ${next}, not for ${number}`)
  const failure = (await readFactsOf(db.prisma, chainId)).observation?.failure ?? null
  if (failure === null)
    throw new Error(`the scanner of ${chain} does not refuse block ${number}: there is nothing to accept`)
  if (!failure.reason.startsWith(`block ${number}:`))
    throw new Error(`the scanner of ${chain} does not refuse block ${number}: it waits because of "${failure.reason}"`)
}

function auditOf(chain: string, detail: AuditEntry['detail']): AuditEntry {
  return { actor: 'ctrip', action: 'ctrip chains accept-block', target: chain, requestId: '', detail }
}
