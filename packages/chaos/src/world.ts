import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newMnemonic } from '@ctrip/local-stack/anvil'
import { freePortBase } from '@ctrip/local-stack/ports'
import { type Stack, startStack } from '@ctrip/local-stack/start-stack'
import { Wallet } from 'ethers'
import { stringify } from 'yaml'
import { type ApiClient, apiClient } from './api-client'
import { liesAbout } from './lies'
import { type Merchant, makeMerchants } from './merchants'
import type { ChaosOptions } from './options'
import type { Random } from './random'
import { type Receivers, startReceivers } from './receivers'
import { type RpcProxy, startRpcProxy } from './rpc-proxy'
import { BLOCK_TIME_SECONDS, setBalance, startMainChain, startSideChain, type TestChain } from './test-chain'
import type { Ordered } from './traffic'

const GAS_WALLET_WEI = 10n ** 21n
/** Reorgs go deeper than the confirmations here, and never as deep as finality. */
const FINALITY_DEPTH = 16
const CONFIRMATIONS = 3
// Ten attempts, as in production, but within a minute.
const RETRY_SCHEDULE = '0,1,2,3,5,8,10,15,15,15'
/** V8's heap within 512 MB. Without it V8 would see the whole machine's memory and collect garbage late. */
const HEAP_OF_A_CONTAINER = '--max-old-space-size=256'

export interface World {
  readonly folder: string
  readonly stack: Stack
  readonly api: ApiClient
  readonly main: TestChain
  readonly side: TestChain
  readonly proxies: { readonly main: readonly RpcProxy[]; readonly side: readonly RpcProxy[] }
  readonly treasury: string
  readonly gasWallet: string
  readonly merchants: readonly Merchant[]
  readonly receivers: Receivers
  /** Everything ordered so far. */
  readonly ordered: Ordered[]
  stop(): Promise<void>
}

/** Two chains, five providers between them and the gateway, the gateway itself, fifty merchants and their endpoints. */
export async function makeWorld(options: ChaosOptions, random: Random, log: (line: string) => void): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-chaos-'))
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const one of stops.toReversed()) await one()
    if (!options.keep) rmSync(folder, { recursive: true, force: true })
  }
  try {
    const world = await build(folder, options, random, log, stops)
    return { ...world, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function build(
  folder: string,
  options: ChaosOptions,
  random: Random,
  log: (line: string) => void,
  stops: (() => Promise<void>)[],
): Promise<Omit<World, 'stop'>> {
  const ordered: Ordered[] = []
  const { main, side, proxies } = await startChains(random, ordered, stops)
  const treasury = Wallet.createRandom().address
  const gasWallet = Wallet.createRandom()
  for (const { nodeUrl } of [main, side]) await setBalance(nodeUrl, gasWallet.address, GAS_WALLET_WEI)
  const chainsFile = join(folder, 'chains.yaml')
  writeFileSync(
    chainsFile,
    stringify({ chains: [chainEntry(main, proxies.main, treasury), chainEntry(side, proxies.side, treasury)] }),
  )
  // The services inherit these.
  process.env['WEBHOOK_RETRY_SCHEDULE_SECONDS'] = RETRY_SCHEDULE
  process.env['SIGNER_SPEND_PER_HOUR'] = [main, side].map(({ chainId }) => `${chainId}=${GAS_WALLET_WEI}`).join(',')
  process.env['NODE_OPTIONS'] = HEAP_OF_A_CONTAINER
  const stack = await startStack({
    dataFolder: join(folder, 'stack'),
    portBase: await freePortBase(options.replicas),
    replicas: options.replicas,
    foreign: { chainsFile, depositMnemonic: newMnemonic(), gasWalletPrivateKey: gasWallet.privateKey },
    onProgress: log,
  })
  stops.push(stack.stop)
  const receivers = await startReceivers(random.fork('receivers'))
  stops.push(receivers.stop)
  const { services, admin_api_key } = stack.descriptor()
  const api = apiClient(
    services.api.replicas.map(({ url }) => url ?? ''),
    random.fork('api'),
  )
  const merchants = await makeMerchants(api, admin_api_key, receivers, random.fork('merchants'))
  return {
    folder,
    stack,
    api,
    main,
    side,
    proxies,
    treasury,
    gasWallet: gasWallet.address,
    merchants,
    receivers,
    ordered,
  }
}

/** Starts each chain behind its providers, which lie about existing payments. */
async function startChains(
  random: Random,
  ordered: readonly Ordered[],
  stops: (() => Promise<void>)[],
): Promise<Pick<World, 'main' | 'side' | 'proxies'>> {
  const main = await startMainChain()
  stops.push(main.anvil.stop)
  const side = await startSideChain()
  stops.push(side.anvil.stop)
  const lies = liesAbout(() => ordered.map(({ payment }) => payment.address), random.fork('lies'))
  const proxied = async (chain: TestChain, count: number) => {
    const started: RpcProxy[] = []
    for (let n = 0; n < count; n++)
      started.push(await startRpcProxy(chain.nodeUrl, random.fork(`${chain.name}${n}`), lies))
    stops.push(async () => void (await Promise.all(started.map((proxy) => proxy.stop()))))
    return started
  }
  return { main, side, proxies: { main: await proxied(main, 3), side: await proxied(side, 2) } }
}

function chainEntry({ name, chainId, token }: TestChain, proxies: readonly RpcProxy[], treasury: string) {
  return {
    name,
    chain_id: chainId,
    providers: proxies.map(({ url }, n) => ({ name: `provider-${n}`, http: url })),
    quorum: 2,
    start_block: 'latest',
    block_time_ms: BLOCK_TIME_SECONDS * 1_000,
    confirmations: { depth: CONFIRMATIONS },
    finality: { depth: FINALITY_DEPTH },
    native: { symbol: 'ETH', decimals: 18, min_sweep: '0' },
    tokens: token === null ? [] : [{ symbol: 'USDC', contract: token, decimals: 6, min_sweep: '0' }],
    treasury,
    sweep: { max_gas_price_gwei: 200, max_fee_bps: 10_000, batch: { max_items: 100, max_wait_seconds: 2 } },
  }
}
