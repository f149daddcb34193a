import { parseChains } from '@ctrip/chain/chains-config'
import { type Check, judgeProvider } from '@ctrip/chain/checks/judge-provider'
import { surveyProvider } from '@ctrip/chain/checks/survey-provider'
import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { type Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { type Answer, answersWith, UsageError } from '../answer'
import { surveyCapabilities } from '../conformance/capabilities'
import { type PaidOrder, tryPayments } from '../conformance/live-payment'
import { NODE_KINDS, rpc, startNode, type TestNode } from '../conformance/start-node'
import { readEnvironment } from '../environment'
import { renderChecks } from '../render/checks'
import { readSecret, withSecretOption } from '../secret-option'

const optionsSchema = z.object({
  rpc: z.url({ protocol: /^https?$/ }).optional(),
  start: z.enum(NODE_KINDS).optional(),
  key: z.string().optional(),
  keyFile: z.string().optional(),
  blocks: z.number(),
  period: z.number(),
  outage: z.number(),
  json: z.boolean().default(false),
})
type Options = z.infer<typeof optionsSchema>

export function addConformanceCommand(program: Command): void {
  const command = program
    .command('conformance')
    .description(
      'what an RPC provider can do for cTrip, before it goes live; and a payment to settled, where a funded key is given',
    )
    .option('--rpc <url>', 'the provider')
    .option('--start <node>', `start a node from PATH instead: ${NODE_KINDS.join(', ')}`)
    .option('--blocks <count>', 'newest blocks to verify', wholeNumber, 10)
    .option('--period <seconds>', 'between the blocks of a started node', wholeNumber, 1)
    .option('--outage <blocks>', 'that pass while the gateway is down (only with --start)', wholeNumber, 0)
  withSecretOption(command, {
    flag: '--key',
    description: 'private key of a funded account: pays 0.001 native coin, which comes back to it',
    variable: 'PAYER_PRIVATE_KEY',
  })
  answersWith(command, async (given) => {
    const parsed = optionsSchema.safeParse(given)
    if (!parsed.success) throw new UsageError(z.prettifyError(parsed.error))
    return conform(parsed.data)
  })
}

async function conform(options: Options): Promise<Answer> {
  if ((options.rpc === undefined) === (options.start === undefined))
    throw new UsageError('give either --rpc URL or --start NODE')
  const node = options.start === undefined ? null : await startNode(options.start, options.period)
  try {
    const url = node?.url ?? options.rpc ?? ''
    const chainId = await readChainId(url)
    // A new chain is empty: there is something to look at once it was paid on.
    if (node !== null) {
      const payments = await payThrough(url, chainId, node, options)
      return report(await survey(url, chainId, options), payments)
    }
    const checks = await survey(url, chainId, options)
    const usable = checks.every(({ verdict }) => verdict !== 'fault')
    return report(checks, usable ? await payThrough(url, chainId, null, options) : [])
  } finally {
    await node?.stop()
  }
}

async function readChainId(url: string): Promise<number> {
  const answer = await rpc(url, 'eth_chainId').catch(() => null)
  const chainId = Number(answer ?? 0)
  if (Number.isSafeInteger(chainId) && chainId > 0) return chainId
  throw new Error('the URL does not answer eth_chainId: is it right, and is the node up?')
}

async function survey(url: string, chainId: number, options: Options): Promise<Check[]> {
  const chain = candidate(url, chainId, options.period)
  const pool = new RpcPool(chain)
  try {
    const facts = await surveyProvider(pool, chain, options.blocks)
    const known = { genesis: null, cursor: null, now: new Date() }
    const checks = judgeProvider('candidate', facts, chain, known)
    const more = (await surveyCapabilities(url, chainId)).map((one) => ({ subject: 'chain/candidate', ...one }))
    return [...checks, ...more]
  } finally {
    await pool.close()
  }
}

function candidate(url: string, chainId: number, periodSeconds: number) {
  const chain = {
    ...{ name: 'chain', chain_id: chainId, providers: [{ name: 'candidate', http: url }] },
    ...{ block_time_ms: periodSeconds * 1_000, native: { symbol: 'ETH' } },
    treasury: '0x059c59067AA3981662840F624020395C5220fEd2', // nothing is swept by this configuration
  }
  const parsed = parseChains(JSON.stringify({ chains: [chain] }), {})
  if (!parsed.ok) throw new Error(parsed.problems.join('; '))
  const [config] = parsed.chains
  if (config === undefined) throw new Error('no chain')
  return config
}

async function payThrough(url: string, chainId: number, node: TestNode | null, options: Options): Promise<PaidOrder[]> {
  const fundedKey =
    node?.fundedKey ?? readSecret('--key', options.key, options.keyFile) ?? readEnvironment().all['PAYER_PRIVATE_KEY']
  if (fundedKey === undefined) return []
  return tryPayments({
    ...{ rpcUrl: url, chainId, fundedKey, blockTimeSeconds: options.period, ownChain: node !== null },
    outageBlocks: node === null ? 0 : options.outage,
    say: (text) => console.error(text), // stdout holds the result alone
  })
}

function report(checks: readonly Check[], payments: readonly PaidOrder[]): Answer {
  const unsettled = payments.filter(({ status }) => status !== 'settled')
  const faults = checks.filter(({ verdict }) => verdict === 'fault')
  const paid = payments.map(({ asset, when, status, seconds }) => `${asset} ${when}: ${status} after ${seconds} s`)
  const text = [
    renderChecks(checks),
    ...(paid.length === 0 ? ['no payment: give --key, or --start a node'] : paid),
  ].join('\n')
  const json = { ok: faults.length + unsettled.length === 0, checks, payments }
  if (faults.length > 0) return { text, json, failure: `${faults.length} check(s) failed` }
  return unsettled.length > 0
    ? { text, json, failure: `${unsettled.length} payment(s) did not settle` }
    : { text, json }
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.')
  return value
}
