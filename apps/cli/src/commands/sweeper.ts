import { requestDeployment, requestRetry } from '@ctrip/db/chains/operator-requests'
import { transaction } from '@ctrip/db/database/transaction'
import { appendAudit } from '@ctrip/db/merchants/audit-log'
import { pauseSweeps, readPause, resumeSweeps } from '@ctrip/db/sweeps/sweep-pauses'
import type { Command } from 'commander'
import { addressOf } from '../address-option'
import { answersWith } from '../answer'
import { withDatabase, withDatabaseOption } from '../database-option'
import { findState } from './chains'
import { addPlanCommand } from './sweeper-plan'

const ACTOR = 'ctrip'

export function addSweeperCommands(program: Command): void {
  const sweeper = program.command('sweeper').description('collection into the treasury')

  addPlanCommand(sweeper)

  const pause = sweeper
    .command('pause')
    .description('sign nothing new on a chain; what was signed is still sent and followed')
    .requiredOption('--chain <chain>', "the chain's name or id")
    .option('--reason <text>', 'shown to whoever asks why', 'paused by an operator')
  answersWith(withDatabaseOption(pause), async () => {
    const { chain, reason } = pause.opts<{ chain: string; reason: string }>()
    const inForce = await withDatabase(pause, async (db) => {
      const { chainId } = await findState(db, chain)
      await pauseSweeps(db.prisma, chainId, reason, ACTOR)
      return readPause(db.prisma, chainId)
    })
    return { text: `${chain} is paused: ${inForce}`, json: { chain, paused: true, reason: inForce } }
  })

  const resume = sweeper
    .command('resume')
    .description('go on where a chain was paused, by an operator or by the sweeper itself')
    .requiredOption('--chain <chain>', "the chain's name or id")
  answersWith(withDatabaseOption(resume), async () => {
    const { chain } = resume.opts<{ chain: string }>()
    const resumed = await withDatabase(resume, async (db) => resumeSweeps(db, (await findState(db, chain)).chainId))
    if (!resumed) throw new Error(`${chain} is not paused`)
    return { text: `${chain} goes on`, json: { chain, paused: false } }
  })

  const retry = sweeper
    .command('retry')
    .description(
      'sign again for money whose sweeps were mined and brought nothing too often, and forget what they cost',
    )
    .requiredOption('--chain <chain>', "the chain's name or id")
    .option('--address <address>', 'only for the money at this deposit address')
  answersWith(withDatabaseOption(retry), async () => {
    const { chain, address } = retry.opts<{ chain: string; address?: string }>()
    const only = address === undefined ? null : addressOf('--address', address)
    await withDatabase(retry, async (db) => {
      const { chainId } = await findState(db, chain)
      await transaction(db, 'sweeper.retry', async (tx) => {
        await requestRetry(tx, chainId, only)
        const entry = { actor: ACTOR, action: 'ctrip sweeper retry', target: chain, requestId: '' }
        await appendAudit(tx, { ...entry, detail: { address: only } })
      })
    })
    const text = `${chain}: the sweeper will try ${only ?? 'everything that waits'} again`
    return { text, json: { chain, address: only, requested: true } }
  })

  const deploy = sweeper
    .command('deploy')
    .description('have the sweeper deploy the contracts that collect tokens in batches, and verify their code')
    .requiredOption('--chain <chain>', "the chain's name or id")
  answersWith(withDatabaseOption(deploy), async () => {
    const { chain } = deploy.opts<{ chain: string }>()
    await withDatabase(deploy, async (db) => requestDeployment(db.prisma, (await findState(db, chain)).chainId))
    const text = `${chain}: the sweeper, which holds the gas wallet, will deploy them and say so in its log`
    return { text, json: { chain, requested: true } }
  })
}
