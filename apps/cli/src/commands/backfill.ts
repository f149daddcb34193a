import type { Command } from 'commander'
import { z } from 'zod'
import { answersWith, UsageError } from '../answer'
import { adminApi, withConnection } from '../connection'

const answerSchema = z.looseObject({ chain: z.string(), from: z.number(), to: z.number() })

export function addBackfillCommand(program: Command): void {
  const backfill = program
    .command('backfill')
    .description('have blocks scanned again; what is recorded stays, what is missing is recorded and logged')
    .requiredOption('--chain <chain>', "the chain's name or id")
    .requiredOption('--from <block>', 'the first block')
    .requiredOption('--to <block>', 'the last block')
  answersWith(withConnection(backfill), async (options) => {
    const { chain, from, to } = backfill.opts<{ chain: string; from: string; to: string }>()
    const range = { from: blockNumber('--from', from), to: blockNumber('--to', to) }
    const answer = await adminApi(options).post(
      `/admin/chains/${encodeURIComponent(chain)}/backfill`,
      range,
      answerSchema,
    )
    return { text: `${answer.chain}: blocks ${answer.from} to ${answer.to} will be scanned again`, json: answer }
  })
}

function blockNumber(option: string, text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new UsageError(`${option} takes a block number, not ${text}`)
  return number
}
