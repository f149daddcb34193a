import { type Anvil, startAnvil } from '@ctrip/local-stack/anvil'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { deployPayer } from '@ctrip/local-stack/test-payer'
import { deployToken, testToken } from '@ctrip/local-stack/test-token'
import { Interface, NonceManager, Wallet } from 'ethers'
import { type Customer, newCustomer } from './customer'
import { jsonRpc, toHex } from './json-rpc'

export const BLOCK_TIME_SECONDS = 1
const CUSTOMERS = 24
const PLENTY_WEI = 10n ** 24n
const PLENTY_USDC = 10n ** 15n
/** The calls that we make. */
export const PAYER = new Interface(['function payAll(address[],uint256) payable'])

/** A chain that we mine ourselves, its token, and customers with money on it. */
export interface TestChain {
  readonly name: string
  readonly chainId: number
  readonly nodeUrl: string
  /** Null on a chain with native coin alone. */
  readonly token: string | null
  /** A contract that passes money on: what it sends is an internal transfer. */
  readonly payerContract: string | null
  readonly customers: readonly Customer[]
  readonly anvil: Anvil
}

export async function startMainChain(): Promise<TestChain> {
  const anvil = await startAnvil({ blockTime: BLOCK_TIME_SECONDS })
  const provider = localProvider(anvil.url)
  const token = await deployToken({ rpcUrl: anvil.url, privateKey: anvil.fundedPrivateKey })
  const funded = new NonceManager(new Wallet(anvil.fundedPrivateKey, provider))
  const { address: payerContract } = await deployPayer(funded, 0n)
  const customers = await makeCustomers(anvil.url, 31337)
  const minted = await Promise.all(customers.map(({ address }) => testToken(token, funded).mint(address, PLENTY_USDC)))
  await minted.at(-1)?.wait()
  provider.destroy()
  return { name: 'anvil', chainId: 31337, nodeUrl: anvil.url, token, payerContract, customers, anvil }
}

/** Money that comes here for a payment of the other chain is on the wrong one. */
export async function startSideChain(): Promise<TestChain> {
  const chainId = 31338
  const anvil = await startAnvil({ blockTime: BLOCK_TIME_SECONDS, chainId })
  const customers = await makeCustomers(anvil.url, chainId)
  return { name: 'side', chainId, nodeUrl: anvil.url, token: null, payerContract: null, customers, anvil }
}

async function makeCustomers(url: string, chainId: number): Promise<Customer[]> {
  const customers = Array.from({ length: CUSTOMERS }, () => newCustomer(url, chainId))
  for (const { address } of customers) await setBalance(url, address, PLENTY_WEI)
  return customers
}

export function setBalance(url: string, address: string, wei: bigint): Promise<unknown> {
  return jsonRpc(url, 'anvil_setBalance', address, toHex(wei))
}
