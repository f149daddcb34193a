import { LOCAL_CHAIN_ID } from '@ctrip/local-stack/chains-file'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { testToken } from '@ctrip/local-stack/test-token'
import { Interface, NonceManager, Wallet } from 'ethers'
import { Pool } from 'undici'
import type { LoadChain } from './chain'

const CUSTOMERS = 32
const FEES = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 9n }
const erc20 = new Interface(['function transfer(address,uint256)'])

export interface Customers {
  /** Sends so much to an address, in coin or, without `inCoin`, in the token; resolves when the node has it. */
  pay(to: string, amount: bigint, inCoin: boolean): Promise<void>
  /** When the node had each block, by our clock. */
  blockAt(blockNumber: number): number | undefined
  stop(): Promise<void>
}

/** People with money, whose transactions cost the node as little as can be, and us no more than their signature. */
export async function makeCustomers(chain: LoadChain): Promise<Customers> {
  const node = new Pool(chain.rpcUrl, { connections: 16 })
  const contract = chain.token
  const wallets = Array.from({ length: CUSTOMERS }, () => ({
    wallet: new Wallet(Wallet.createRandom().privateKey),
    nonce: 0,
  }))
  await fund(
    chain,
    wallets.map(({ wallet }) => wallet.address),
  )
  const blocks = new Map<number, number>()
  const watcher = setInterval(() => void noteHead(), 25)
  let turn = 0

  async function rpc(method: string, params: unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const answer = await node.request({
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const { result, error } = (await answer.body.json()) as { result?: unknown; error?: { message: string } }
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result
  }

  async function noteHead(): Promise<void> {
    const head = Number(await rpc('eth_blockNumber', []))
    if (!blocks.has(head)) blocks.set(head, performance.now())
  }

  return {
    async pay(to, amount, inCoin) {
      const customer = wallets[turn++ % CUSTOMERS]
      if (customer === undefined) throw new RangeError('no customers')
      const order = inCoin
        ? { to, value: amount, gasLimit: 21_000n }
        : { to: contract, data: erc20.encodeFunctionData('transfer', [to, amount]), gasLimit: 80_000n }
      const signed = { type: 2, chainId: LOCAL_CHAIN_ID, nonce: customer.nonce++, ...FEES, ...order }
      await rpc('eth_sendRawTransaction', [await customer.wallet.signTransaction(signed)])
    },
    blockAt: (blockNumber) => blocks.get(blockNumber),
    async stop() {
      clearInterval(watcher)
      await node.close()
    },
  }
}

async function fund(chain: LoadChain, addresses: readonly string[]): Promise<void> {
  const provider = localProvider(chain.rpcUrl)
  const funded = new NonceManager(new Wallet(chain.fundedPrivateKey, provider))
  const token = testToken(chain.token, funded)
  for (const address of addresses) await provider.send('anvil_setBalance', [address, `0x${(10n ** 24n).toString(16)}`])
  const minted = await Promise.all(addresses.map((address) => token.mint(address, 10n ** 15n)))
  await minted.at(-1)?.wait()
  provider.destroy()
}
