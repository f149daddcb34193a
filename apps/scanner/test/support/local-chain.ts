import type { ChainConfig } from '@ctrip/chain/chain-config'
import { parseChains } from '@ctrip/chain/chains-config'
import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { type Anvil, startAnvil } from '@ctrip/local-stack/anvil'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { deployToken, type TestTokenContract, testToken } from '@ctrip/local-stack/test-token'
import { type JsonRpcProvider, NonceManager, Wallet } from 'ethers'
import { type RpcProxy, startProxy } from './rpc-proxy'

export interface LocalChainOptions {
  /** Of chains.yaml, over the defaults. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** The scanner sees the chain through as many providers, each a proxy; none: it asks Anvil itself. */
  readonly proxies?: number
  readonly slotsInAnEpoch?: number
  /** As the configuration says it; the contract has 6. */
  readonly usdcDecimals?: number
}

/** An Anvil that mines when told to, with two tokens, and the means to pay. */
export interface LocalChain {
  readonly anvil: Anvil
  /** chains.yaml, as a service reads it. */
  readonly yaml: string
  readonly chain: ChainConfig
  readonly pool: RpcPool
  readonly proxies: readonly RpcProxy[]
  readonly provider: JsonRpcProvider
  readonly payer: NonceManager
  readonly usdc: TestTokenContract
  readonly usdcAddress: string
  rpc(method: string, params?: unknown[]): Promise<unknown>
  mine(blocks?: number): Promise<void>
  stop(): Promise<void>
}

export async function startLocalChain(options: LocalChainOptions = {}): Promise<LocalChain> {
  const { slotsInAnEpoch } = options
  const anvil = await startAnvil(slotsInAnEpoch === undefined ? {} : { slotsInAnEpoch })
  const provider = localProvider(anvil.url)
  const payer = new NonceManager(new Wallet(anvil.fundedPrivateKey, provider))
  const account = { rpcUrl: anvil.url, privateKey: anvil.fundedPrivateKey }
  const usdcAddress = await deployToken(account)
  const dai = await deployToken({ ...account, symbol: 'DAI', decimals: 18 })
  const proxies = await Promise.all(Array.from({ length: options.proxies ?? 0 }, () => startProxy(anvil.url)))
  const yaml = JSON.stringify({
    chains: [
      { ...defaults(anvil, proxies), tokens: tokens(usdcAddress, dai, options.usdcDecimals), ...options.settings },
    ],
  })
  const parsed = parseChains(yaml, {})
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'))
  const [chain] = parsed.chains
  if (chain === undefined) throw new Error('no chain')
  const pool = new RpcPool(chain)
  const rpc = (method: string, params: unknown[] = []): Promise<unknown> => provider.send(method, params)
  return {
    ...{ anvil, yaml, chain, pool, proxies, provider, payer, usdcAddress, rpc },
    usdc: testToken(usdcAddress, payer),
    mine: async (blocks = 1) => void (await rpc('anvil_mine', [`0x${blocks.toString(16)}`])),
    async stop() {
      await pool.close()
      await Promise.all(proxies.map((proxy) => proxy.close()))
      provider.destroy()
      await anvil.stop()
    },
  }
}

function defaults(anvil: Anvil, proxies: readonly RpcProxy[]) {
  const providers = proxies.map(({ url }, at) => ({ name: `proxy-${at}`, http: url }))
  return {
    name: 'anvil',
    chain_id: 31337,
    providers: providers.length > 0 ? providers : [{ name: 'local', http: anvil.url }],
    block_time_ms: 1000,
    confirmations: { depth: 3 },
    finality: { depth: 20 },
    internal_transfers: 'trace',
    native: { symbol: 'ETH', decimals: 18, min_sweep: '0' },
    treasury: anvil.fundedAddress,
  }
}

function tokens(usdc: string, dai: string, usdcDecimals = 6) {
  return [
    { symbol: 'USDC', contract: usdc, decimals: usdcDecimals, min_sweep: '0' },
    { symbol: 'DAI', contract: dai, decimals: 18, min_sweep: '0' },
  ]
}
