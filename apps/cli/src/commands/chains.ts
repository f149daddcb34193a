import { readFactsOf } from '@ctrip/db/chains/chain-observations'
import { type ChainState, listChainStates, resumeChain } from '@ctrip/db/chains/chain-state'
import type { Database } from '@ctrip/db/database/database'
import { chainStanding } from '@ctrip/domain/chain-standing'
import type { Command } from 'commander'
import { answersWith } from '../answer'
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
    .description('let a halted chain go on: the scanner walks back to what both branches share, and scans from there')
    .requiredOption('--chain <chain>', "the chain's name or id")
  answersWith(withDatabaseOption(resume), async () => {
    const { chain: name } = resume.opts<{ chain: string }>()
    const resumed = await withDatabase(resume, async (db) => resumeChain(db, (await findState(db, name)).chainId))
    if (!resumed) throw new Error(`${name} is not halted`)
    return { text: `${name} goes on`, json: { chain: name, resumed: true } }
  })
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
