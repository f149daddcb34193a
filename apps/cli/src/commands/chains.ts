import { acceptBlock } from '@ctrip/db/chains/accepted-blocks'
import { readFactsOf } from '@ctrip/db/chains/chain-observations'
import { type BlockRef, type ChainState, listChainStates, resumeChain } from '@ctrip/db/chains/chain-state'
import type { Database } from '@ctrip/db/database/database'
import { transaction } from '@ctrip/db/database/transaction'
import { type AuditEntry, appendAudit } from '@ctrip/db/merchants/audit-log'
import { chainStanding } from '@ctrip/domain/chain-standing'
import { type Hash, parseHash } from '@ctrip/domain/hash'
import type { Command } from 'commander'
import { type Answer, answersWith, UsageError } from '../answer'
import { confirm } from '../confirm'
import { withDatabase, withDatabaseOption } from '../database-option'
import { renderTable } from '../render/table'

export function addChainCommands(program: Command): void {
  const chains = program.command('chains').description('what the scanner knows of each chain')

  const list = chains.command('list').description('how far each chain is scanned, and whether it is halted')
  answersWith(withDatabaseOption(list), async () => {
    const json = await withDatabase(list, listChains)
    const rows = json.map(({ chain, scanned, head, halted, stalled }) => [
      chain,
      `${scanned} of ${head ?? 'unknown'}`,
      halted ?? stalled ?? 'scanning',
    ])
    return { text: renderTable(rows), json }
  })

  const resume = chains
    .command('resume')
    .description(
      'resume a halted chain: the scanner takes the branch that its providers have now, so remove a provider on another branch first',
    )
    .requiredOption('--chain <chain>', "the chain's name or id")
  answersWith(withDatabaseOption(resume), async () => {
    const { chain: name } = resume.opts<{ chain: string }>()
    await withDatabase(resume, async (db) => resumeHalted(db, await findState(db, name)))
    return { text: `${name} is resumed`, json: { chain: name, resumed: true } }
  })

  const accept = chains
    .command('accept-block')
    .description('have the scanner take a block that no provider can prove and not enough of them agree on')
    .requiredOption('--chain <chain>', "the chain's name or id")
    .requiredOption('--number <block>', "the block's number")
    .requiredOption('--hash <hash>', "the block's hash, from a source other than the provider that sends it")
    .requiredOption('--reason <text>', 'why it can be believed: kept in the audit log')
    .option('--yes', 'do it without asking')
  answersWith(withDatabaseOption(accept), async () => {
    const options = accept.opts<AcceptOptions>()
    const block = { number: blockNumber(options.number), hash: blockHash(options.hash) }
    const reason = options.reason.trim()
    if (reason === '') throw new UsageError('--reason says why the block can be believed')
    return withDatabase(accept, async (db) =>
      takeBlock(db, await findState(db, options.chain), block, { ...options, reason }),
    )
  })
}

async function resumeHalted(db: Database, { chain, chainId, haltedReason }: ChainState): Promise<void> {
  const isResumed = await transaction(db, 'chains.resume', async (tx) => {
    const resumed = await resumeChain(tx, chainId)
    const entry = { actor: 'ctrip', action: 'ctrip chains resume', target: chain, requestId: '' }
    if (resumed) await appendAudit(tx, { ...entry, detail: { halted_reason: haltedReason } })
    return resumed
  })
  if (!isResumed) throw new Error(`${chain} is not halted`)
}

interface AcceptOptions {
  readonly chain: string
  readonly number: string
  readonly hash: string
  readonly reason: string
  readonly yes?: boolean
}

const RISK = [
  'Nobody vouches for what is in this block. The scanner will take the copy that its providers send, if they send one copy only:',
  'a payment that it shows is credited, one that it leaves out is lost. Compare its transfers with a block explorer first.',
].join('\n')

async function takeBlock(
  db: Database,
  { chain, chainId, cursor }: ChainState,
  block: BlockRef,
  { reason, yes }: Pick<AcceptOptions, 'reason' | 'yes'>,
): Promise<Answer> {
  if (block.number <= cursor.number) throw new Error(`${chain} is scanned up to ${cursor.number} already`)
  console.error(`${chain}, block ${block.number}, ${block.hash}\n${RISK}`)
  if (yes !== true) await confirm()
  const isNew = await transaction(db, 'blocks.accept', async (tx) => {
    const inserted = await acceptBlock(tx, chainId, block, reason)
    if (inserted) await appendAudit(tx, auditOf(chain, block, reason))
    return inserted
  })
  if (!isNew) throw new Error(`block ${block.number} of ${chain} was accepted before`)
  return { text: `${chain} takes block ${block.number}`, json: { chain, ...block, accepted: true } }
}

function auditOf(chain: string, { number, hash }: BlockRef, reason: string): AuditEntry {
  return {
    actor: 'ctrip',
    action: 'ctrip chains accept-block',
    target: chain,
    requestId: '',
    detail: { number, hash, reason },
  }
}

function blockNumber(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new UsageError(`--number takes a block number, not ${text}`)
  return number
}

function blockHash(text: string): Hash {
  const hash = parseHash(text)
  if (hash === null) throw new UsageError(`--hash takes 0x and 64 digits, not ${text}`)
  return hash
}

async function listChains(db: Database) {
  const states = await listChainStates(db.prisma)
  return Promise.all(
    states.map(async ({ chain, chainId, cursor, finalizedNumber, haltedReason }) => {
      const { headBlock, stalled } = chainStanding(await readFactsOf(db.prisma, chainId))
      return {
        chain,
        chain_id: chainId,
        scanned: cursor.number,
        head: headBlock,
        finalized: finalizedNumber,
        halted: haltedReason,
        stalled: stalled === null ? null : `stalled since ${stalled.since.toISOString()}: ${stalled.reason}`,
      }
    }),
  )
}

/** The chain of this name or id; throws if the scanner has never seen it. */
export async function findState(db: Database, name: string): Promise<ChainState> {
  const states = await listChainStates(db.prisma)
  const found = states.find(({ chain, chainId }) => chain === name || String(chainId) === name)
  if (found === undefined)
    throw new Error(`no chain ${name} is known; there are ${states.map(({ chain }) => chain).join(', ')}`)
  return found
}
