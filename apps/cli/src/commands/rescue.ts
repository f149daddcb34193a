import { RESCUED_AT_ONCE_MAX } from '@ctrip/db/chains/operator-requests'
import type { Database } from '@ctrip/db/database/database'
import { readPause } from '@ctrip/db/sweeps/sweep-pauses'
import type { Address } from '@ctrip/domain/address'
import type { Command } from 'commander'
import { addressOf } from '../address-option'
import { type Answer, answersWith, UsageError } from '../answer'
import { consultSweeper } from '../ask-sweeper'
import { confirm } from '../confirm'
import { withDatabase, withDatabaseOption } from '../database-option'
import { renderTable } from '../render/table'
import { inCoin, inUnits, type RescueAnswer, rescueSchema } from '../sweeper-answers'
import { findState } from './chains'

interface RescueOptions {
  readonly chain: string
  readonly token?: string
  readonly native?: boolean
  readonly address: readonly string[]
  readonly yes?: boolean
}

export function addRescueCommand(program: Command): void {
  const rescue = program
    .command('rescue')
    .description(
      'collect all that deposit addresses hold of a token that is not configured, or of native coin, into the treasury',
    )
    .requiredOption('--chain <chain>', "the chain's name or id")
    .option('--token <contract>', "the token's contract")
    .option('--native', 'native coin instead')
    .requiredOption('--address <addresses...>', `the deposit addresses, at most ${RESCUED_AT_ONCE_MAX}`)
    .option('--yes', 'do it without asking')
  answersWith(withDatabaseOption(rescue), async () => {
    const options = rescue.opts<RescueOptions>()
    const terms = termsOf(options)
    return withDatabase(rescue, (db) => carryOut(db, options, terms))
  })
}

interface Terms extends Readonly<Record<string, unknown>> {
  readonly contract: Address | null
  readonly addresses: readonly Address[]
}

function termsOf({ token, native, address }: RescueOptions): Terms {
  if (address.length > RESCUED_AT_ONCE_MAX) throw new UsageError(`at most ${RESCUED_AT_ONCE_MAX} addresses at once`)
  if ((token === undefined) === (native !== true)) throw new UsageError('give either --token or --native')
  return {
    contract: token === undefined ? null : addressOf('--token', token),
    addresses: address.map((one) => addressOf('--address', one)),
  }
}

/** Shows what would be done, asks, and hands it to the sweeper: twice is harmless, since what is taken is no longer there. */
async function carryOut(db: Database, options: RescueOptions, terms: Terms): Promise<Answer> {
  const { chain, chainId } = await findState(db, options.chain)
  const paused = await readPause(db.prisma, chainId)
  if (paused !== null) throw new Error(`${chain} is paused (${paused}): ctrip sweeper resume --chain ${chain}`)
  const quote = read(await consultSweeper(db, { chainId, kind: 'quote_rescue', terms }), terms)
  console.error(renderQuote(chain, quote))
  if (quote.sweeps.length === 0) throw new Error('there is nothing to collect')
  if (options.yes !== true) await confirm()
  const order = { action: 'ctrip rescue', target: chain }
  const done = read(await consultSweeper(db, { chainId, kind: 'rescue', terms }, order), terms)
  if (done.sweep_ids.length === 0) throw new Error(`nothing was collected: ${reasonsOf(done).join(', ')}`)
  const text = `the sweeper collects it: ${done.sweep_ids.join(', ')}`
  return { text, json: { chain, ...done } }
}

function read(answer: unknown, { contract }: Terms): RescueAnswer {
  const rescue = rescueSchema.parse(answer)
  if (rescue.sweeps !== null) return rescue
  if (rescue.reason === 'no_contract') throw new Error(`there is no contract at ${contract}: is it the right chain?`)
  throw new Error('the sweeper does not understand the order: is it of the same release as this command?')
}

function renderQuote(chain: string, { asset, calls_itself: facts, treasury, sweeps, refused }: RescueAnswer): string {
  const named =
    facts === null ? '' : `, calls itself ${facts.symbol ?? 'nothing'} with ${facts.decimals ?? 'no'} decimals`
  const rows = sweeps.flatMap(({ strategy, fee_wei_each: fee, items }) =>
    items.map(({ address, payment_id: payment, amount }) => [
      address,
      payment,
      `${inUnits(amount, asset.decimals)} ${asset.symbol}`,
      strategy,
      `costs about ${inCoin(fee)} of native coin`,
    ]),
  )
  return [
    `On ${chain}: ${asset.contract === null ? asset.symbol : `token ${asset.contract} (${asset.symbol}${named})`}`,
    `goes to the treasury ${treasury}`,
    renderTable([...rows, ...refused.map(({ address, reason }) => [address, `not collected: ${reason}`])]),
  ].join('\n')
}

function reasonsOf({ refused }: RescueAnswer): string[] {
  return refused.map(({ address, reason }) => `${address} ${reason}`)
}
