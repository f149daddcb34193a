import type { ChainConfig } from '@ctrip/chain/chain-config'
import { parseChains } from '@ctrip/chain/chains-config'
import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { startAnvil } from '@ctrip/local-stack/anvil'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { deployToken, type TestTokenContract, testToken } from '@ctrip/local-stack/test-token'
import { NonceManager, Wallet } from 'ethers'

/** An Anvil that mines when told to, with a token, and the means to pay. */
export interface LocalChain {
  readonly chain: ChainConfig
  readonly pool: RpcPool
  readonly payer: NonceManager
  readonly usdc: TestTokenContract
  rpc(method: string, params?: unknown[]): Promise<unknown>
  mine(blocks?: number): Promise<void>
  stop(): Promise<void>
}

export async function startLocalChain(settings = 'confirmations: {depth: 3}'): Promise<LocalChain> {
  const anvil = await startAnvil()
  const provider = localProvider(anvil.url)
  const payer = new NonceManager(new Wallet(anvil.fundedPrivateKey, provider))
  const usdcAddress = await deployToken({ rpcUrl: anvil.url, privateKey: anvil.fundedPrivateKey })
  const dai = await deployToken({ rpcUrl: anvil.url, privateKey: anvil.fundedPrivateKey, symbol: 'DAI', decimals: 18 })
  const parsed = parseChains(
    `chains:
  - name: anvil
    chain_id: 31337
    providers: [{name: local, http: "${anvil.url}"}]
    block_time_ms: 1000
    ${settings}
    finality: {depth: 20}
    native: {symbol: ETH, decimals: 18, min_sweep: "0"}
    tokens:
      - {symbol: USDC, contract: "${usdcAddress}", decimals: 6, min_sweep: "0"}
      - {symbol: DAI, contract: "${dai}", decimals: 18, min_sweep: "0"}
    treasury: "${anvil.fundedAddress}"
`,
    {},
  )
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'))
  const [chain] = parsed.chains
  if (chain === undefined) throw new Error('no chain')
  const pool = new RpcPool(chain)
  const rpc = (method: string, params: unknown[] = []): Promise<unknown> => provider.send(method, params)
  return {
    chain,
    pool,
    payer,
    usdc: testToken(usdcAddress, payer),
    rpc,
    mine: async (blocks = 1) => void (await rpc('anvil_mine', [`0x${blocks.toString(16)}`])),
    async stop() {
      await pool.close()
      provider.destroy()
      await anvil.stop()
    },
  }
}
