import type { ChainConfig } from '@ctrip/chain/chain-config'
import { readFactsOf } from '@ctrip/db/chains/chain-observations'
import { type ChainState, listChainStates } from '@ctrip/db/chains/chain-state'
import type { Database } from '@ctrip/db/database/database'
import { chainStanding } from '@ctrip/domain/chain-standing'
import { type Hash, parseHash } from '@ctrip/domain/hash'
import type { Command } from 'commander'
import { answersWith, UsageError } from '../answer'
import { takeBlock, withdrawAcceptance } from '../chains/accept-block'
import { resumeHalted } from '../chains/resume-chain'
import { configuredChains, withChainsOption } from '../chains-option'
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
    .description('resume a halted chain on the branch that the quorum of its providers has now')
    .requiredOption('--chain <chain>', "the chain's name or id")
  answersWith(withChainsOption(withDatabaseOption(resume)), async () => {
    const options = resume.opts<ChainOptions>()
    return withDatabase(resume, async (db) => {
      const state = await findState(db, options.chain)
      return resumeHalted(db, state, configOf(state, options))
    })
  })

  const accept = chains
    .command('accept-block')
    .description('have the scanner take a block that no provider can prove and not enough of them agree on')
    .requiredOption('--chain <chain>', "the chain's name or id")
    .requiredOption('--number <block>', "the block's number")
    .requiredOption('--hash <hash>', "the block's hash, from a source other than the provider that sends it")
    .requiredOption('--reason <text>', 'why it can be believed: kept in the audit log')
    .option('--withdraw', 'take an acceptance back that has not been used')
    .option('--yes', 'do it without asking')
  answersWith(withChainsOption(withDatabaseOption(accept)), async () => {
    const options = accept.opts<AcceptOptions>()
    const block = { number: blockNumber(options.number), hash: blockHash(options.hash) }
    const reason = options.reason.trim()
    if (reason === '') throw new UsageError('--reason says why the block can be believed')
    return withDatabase(accept, async (db) => {
      const state = await findState(db, options.chain)
      if (options.withdraw === true) return withdrawAcceptance(db, state, { block, reason })
      return takeBlock(db, state, configOf(state, options), { block, reason, yes: options.yes === true })
    })
  })
}

interface ChainOptions {
  readonly chain: string
  readonly chainsFile?: string
  readonly data: string
}

interface AcceptOptions extends ChainOptions {
  readonly number: string
  readonly hash: string
  readonly reason: string
  readonly yes?: boolean
  readonly withdraw?: boolean
}

/** The chain's entry in chains.yaml: its providers are asked. */
function configOf({ chain, chainId }: ChainState, options: ChainOptions): ChainConfig {
  const found = configuredChains(options).find((config) => config.chainId === chainId)
  if (found === undefined)
    throw new Error(`chains.yaml has no entry for ${chain} (${chainId}), so no provider can be asked`)
  return found
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
