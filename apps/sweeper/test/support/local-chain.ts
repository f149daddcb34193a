import { fetchBlock } from '@ctrip/chain/blocks/fetch-block'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { parseChains } from '@ctrip/chain/chains-config'
import { readTag } from '@ctrip/chain/head'
import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { openGasWallet } from '@ctrip/chain/signer/gas-wallet'
import type { TransactionSigner } from '@ctrip/chain/transactions/transaction-signer'
import type { Asset } from '@ctrip/domain/payment/payment'
import { startAnvil } from '@ctrip/local-stack/anvil'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { deployToken, type TestTokenContract, testToken } from '@ctrip/local-stack/test-token'
import { type JsonRpcProvider, NonceManager, parseEther, Wallet } from 'ethers'
import type { BlockSource } from './follow-chain'
import { deployOddToken, type OddTokenContract } from './odd-token'

/** An Anvil that mines when told to, with a token, a treasury that had nothing before, and a filled gas wallet. */
export interface LocalChain extends BlockSource {
  readonly url: string
  readonly chain: ChainConfig
  readonly pool: RpcPool
  readonly provider: JsonRpcProvider
  readonly payer: NonceManager
  readonly usdc: TestTokenContract
  readonly usdcAsset: Asset
  readonly odd: OddTokenContract
  readonly oddAsset: Asset
  readonly zoo: readonly OddOne[]
  readonly gasWallet: TransactionSigner
  readonly gasWalletKey: string
  /** Its chains.yaml, for a process that reaches it by this URL. */
  yaml(url: string): string
  rpc(method: string, params?: unknown[]): Promise<unknown>
  mine(blocks?: number): Promise<void>
  stop(): Promise<void>
}

export interface LocalChainOptions {
  /** Of more tokens that misbehave on demand, beside ODD. */
  readonly zooDecimals?: readonly number[]
  /** Another chain beside the usual one: its id, and the key of the gas wallet that both share. */
  readonly beside?: { readonly chainId: number; readonly gasWalletKey: string }
}

/** A token that misbehaves on demand. */
interface OddOne {
  readonly token: OddTokenContract
  readonly asset: Asset
}

/** With USDC, which behaves, and ODD, which does not. */
export async function startLocalChain({ zooDecimals = [], beside }: LocalChainOptions = {}): Promise<LocalChain> {
  const chainId = beside?.chainId ?? 31337
  const anvil = await startAnvil({ chainId })
  const provider = localProvider(anvil.url, chainId)
  const payer = new NonceManager(new Wallet(anvil.fundedPrivateKey, provider))
  const token = await deployToken({ rpcUrl: anvil.url, privateKey: anvil.fundedPrivateKey, chainId })
  const odd = await deployOddToken(payer, ODD_DECIMALS)
  const zoo: OddTerms[] = []
  for (const decimals of zooDecimals) {
    const more = await deployOddToken(payer, decimals)
    zoo.push({ token: more, contract: await more.getAddress(), decimals })
  }
  const gasWalletKey = beside?.gasWalletKey ?? Wallet.createRandom().privateKey
  const gasWallet = openGasWallet(gasWalletKey)
  if (gasWallet === null) throw new Error('a new key opens')
  await (await payer.sendTransaction({ to: gasWallet.address, value: parseEther('1000') })).wait()
  const terms = { chainId, token, odd: await odd.getAddress(), zoo, treasury: Wallet.createRandom().address }
  const yaml = (url: string) => chainsYaml(url, terms)
  const chain = configure(yaml(anvil.url))
  const pool = new RpcPool(chain)
  const rpc = (method: string, params: unknown[] = []): Promise<unknown> => provider.send(method, params)
  const [usdc, oddConfig, ...zooConfig] = chain.tokens
  if (usdc === undefined || oddConfig === undefined) throw new Error('no token')
  return {
    url: anvil.url,
    chain,
    pool,
    provider,
    payer,
    usdc: testToken(token, payer),
    odd,
    zoo: zooConfig.flatMap(({ symbol, contract, decimals }, n) => {
      const found = zoo[n]
      return found === undefined ? [] : [{ token: found.token, asset: { symbol, contract, decimals } }]
    }),
    oddAsset: { symbol: 'ODD', contract: oddConfig.contract, decimals: oddConfig.decimals },
    usdcAsset: { symbol: 'USDC', contract: usdc.contract, decimals: 6 },
    gasWallet,
    gasWalletKey,
    yaml,
    rpc,
    mine: async (blocks = 1) => void (await rpc('anvil_mine', [`0x${blocks.toString(16)}`])),
    head: async () => (await readTag(pool, 'latest'))[0]?.number ?? 0,
    block: (number) => fetchBlock(pool, chain, { number }),
    async stop() {
      await pool.close()
      provider.destroy()
      await anvil.stop()
    },
  }
}

const ODD_DECIMALS = 6

interface OddTerms {
  readonly token: OddTokenContract
  readonly contract: string
  readonly decimals: number
}

interface LocalTerms {
  readonly chainId: number
  readonly token: string
  readonly odd: string
  readonly zoo: readonly OddTerms[]
  readonly treasury: string
}

function chainsYaml(url: string, { chainId, token, odd, zoo, treasury }: LocalTerms): string {
  const more = zoo.map(
    ({ contract, decimals }, n) => `
      - {symbol: ZOO${n}, contract: "${contract}", decimals: ${decimals}, min_sweep: "0"}`,
  )
  return `chains:
  - name: ${chainId === 31337 ? 'anvil' : `anvil-${chainId}`}
    chain_id: ${chainId}
    providers: [{name: local, http: "${url}"}]
    block_time_ms: 1000
    confirmations: {depth: 3}
    finality: {depth: 20}
    native: {symbol: ETH, decimals: 18, min_sweep: "0"}
    tokens:
      - {symbol: USDC, contract: "${token}", decimals: 6, min_sweep: "0"}
      - {symbol: ODD, contract: "${odd}", decimals: ${ODD_DECIMALS}, min_sweep: "0"}${more.join('')}
    treasury: "${treasury}"
    sweep: {batch: {max_wait_seconds: 0}}
`
}

function configure(yaml: string): ChainConfig {
  const parsed = parseChains(yaml, {})
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'))
  const [chain] = parsed.chains
  if (chain === undefined) throw new Error('no chain')
  return chain
}
