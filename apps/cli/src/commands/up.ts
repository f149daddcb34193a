import { resolve } from 'node:path'
import { loadChains } from '@ctrip/chain/chains-config'
import { layOutPorts } from '@ctrip/local-stack/ports'
import { type Stack, startStack } from '@ctrip/local-stack/start-stack'
import { type StopList, stopList } from '@ctrip/local-stack/stop-list'
import { startWebhookInbox } from '@ctrip/local-stack/webhook-inbox'
import { type Command, InvalidArgumentError } from 'commander'
import { z } from 'zod'
import { openApi } from '../api-client'
import { registerDemoInbox } from '../demo/demo-inbox'
import { deployOnOwnChains } from '../demo/deploy-contracts'
import type { Verdict } from '../demo/judge-demo'
import { runDemo } from '../demo/run-demo'
import { readEnvironment } from '../environment'
import { onStop } from '../lifeline'
import { renderUrls } from '../render/urls'

const REPLICAS_MAX = 16
const PORT_BASE_MAX = 65_000

const optionsSchema = z.object({
  data: z.string(),
  portBase: z.number(),
  blockTime: z.number(),
  replicas: z.number(),
  fresh: z.boolean().default(false),
  demo: z.boolean(),
  once: z.boolean().default(false),
  json: z.boolean().default(false),
})
type UpOptions = z.infer<typeof optionsSchema>

export function addUpCommand(program: Command): void {
  const up = program
    .command('up')
    .description('run the whole gateway on this machine: servers, a chain, the services, and a demo merchant')
    .option('--once', 'run the demo, then stop; exit 0 only if both payments settled and every webhook verified')
    .option('--no-demo', 'no demo payments')
    .option('--data <dir>', 'where everything is kept', '.ctrip')
    .option('--fresh', 'empty the data folder first')
    .option('--port-base <port>', "the API's port; the others follow", numberBetween(1, PORT_BASE_MAX, true), 3000)
    .option('--block-time <seconds>', 'between two blocks', numberBetween(0.1, 3_600, false), 1)
    .option('--replicas <count>', 'of each service', numberBetween(1, REPLICAS_MAX, true), 1)
    .option('--json', 'print JSON on stdout (with --once the verdict, else stack.json), and the rest on stderr')
  up.action(async () => {
    await runUp(optionsSchema.parse(up.opts()))
  })
}

/**
 * Runs until the demo is over (`--once`) or until we are told to stop, then stops everything. Resolves only if what was asked
 * for has been done: with `--once`, a demo that passed.
 */
async function runUp(options: UpOptions): Promise<void> {
  const stops = stopList()
  const starting = new AbortController()
  const stopAsked = new Promise<void>((asked) => {
    const stop = () => {
      starting.abort()
      asked()
    }
    onStop(stop, () => process.exit(1)) // the supervisor notices, and stops the rest
  })
  const stack = await start(options, starting.signal)
  stops.add(stack.stop)
  const unexpectedEnd = stack.ended.then(() => {
    throw new Error('The stack ended by itself; its logs are in the data folder')
  })
  try {
    await deployOnOwnChains(stack.descriptor())
    await Promise.race([work(stack, options, stops), interrupted(stopAsked, options), unexpectedEnd])
  } finally {
    unexpectedEnd.catch(() => undefined) // from here on it is expected
    await stops.stopAll()
  }
}

async function interrupted(stopAsked: Promise<void>, { once }: UpOptions): Promise<void> {
  await stopAsked
  if (once) throw new Error('stopped before the demo was over')
}

async function start(options: UpOptions, signal: AbortSignal): Promise<Stack> {
  const { databaseUrl, natsUrl, chainsFile, depositMnemonic, gasWalletPrivateKey, all } = readEnvironment()
  if (chainsFile !== undefined) refuseWrongChains(chainsFile, all)
  return await startStack({
    dataFolder: resolve(options.data),
    fresh: options.fresh,
    portBase: options.portBase,
    blockTimeSeconds: options.blockTime,
    replicas: options.replicas,
    foreign: {
      ...(databaseUrl !== undefined && { databaseUrl }),
      ...(natsUrl !== undefined && { natsUrl }),
      ...(chainsFile !== undefined && { chainsFile: resolve(chainsFile) }),
      ...(depositMnemonic !== undefined && { depositMnemonic }),
      ...(gasWalletPrivateKey !== undefined && { gasWalletPrivateKey }),
    },
    onProgress: voices(options).say,
    signal,
  })
}

/** Before anything starts: a service would refuse the file too, and only its log would say why. */
function refuseWrongChains(chainsFile: string, env: NodeJS.ProcessEnv): void {
  const loaded = loadChains(resolve(chainsFile), env)
  if (!loaded.ok) throw new Error([`${chainsFile} (CHAINS_FILE) is wrong:`, ...loaded.problems].join('\n  - '))
}

/** With `--once` resolves after the demo; otherwise never: the stack stays up until it is stopped. */
async function work(stack: Stack, options: UpOptions, stops: StopList): Promise<void> {
  const { say, answer } = voices(options)
  if (options.once) {
    const verdict = await demonstrate(stack, options, stops)
    answer(verdict)
    if (!verdict.passed) throw new Error(['the demo failed:', ...verdict.faults].join('\n  - '))
    return say('\nBoth payments settled, and every webhook verified.')
  }
  const canPay = stack.descriptor().chains.some(({ funded_private_key }) => funded_private_key !== null)
  if (options.demo && canPay)
    await demonstrate(stack, options, stops).then(({ faults }) => faults.forEach(say), sayFailure)
  else if (options.demo) say('No demo payments: no funded account is known on the chains of CHAINS_FILE.')
  say(`\n${renderUrls(stack.descriptor(), options.data)}`)
  answer(stack.descriptor())
  await new Promise(() => undefined)
}

/** Nobody waits for this demo's result: the stack stays up, so that one can look what is wrong. */
function sayFailure(error: unknown): void {
  console.error(`The demo failed: ${error instanceof Error ? error.message : String(error)}`)
}

async function demonstrate(stack: Stack, options: UpOptions, stops: StopList): Promise<Verdict> {
  const { api, merchant } = stack.descriptor()
  const client = openApi(api.url, merchant.api_key)
  const inbox = await startWebhookInbox(layOutPorts(options.portBase, options.replicas).inbox)
  stops.add(inbox.stop)
  await registerDemoInbox(client, inbox)
  return await runDemo({ stack: stack.descriptor(), api: client, inbox, print: voices(options).say })
}

/** With `--json` stdout holds the JSON alone, and the story goes to stderr. */
function voices({ json }: UpOptions): { say: (text: string) => void; answer: (result: unknown) => void } {
  if (!json) return { say: (text) => console.log(text), answer: () => undefined }
  return { say: (text) => console.error(text), answer: (result) => console.log(JSON.stringify(result, null, 2)) }
}

function numberBetween(min: number, max: number, whole: boolean): (text: string) => number {
  return (text) => {
    const value = Number(text)
    const valid = text.trim() !== '' && value >= min && value <= max && (!whole || Number.isInteger(value))
    if (!valid) throw new InvalidArgumentError(`It must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`)
    return value
  }
}
