import { Contract, ContractFactory, type ContractTransactionResponse, type Signer, Wallet } from 'ethers'
import { TestFeed } from './generated/contracts'
import { localProvider } from './local-provider'

export interface FeedOptions {
  readonly rpcUrl: string
  /** The deployer's, who alone may set the price. */
  readonly privateKey: string
  /** Such as `ETH / USD`. */
  readonly description: string
  readonly decimals: number
  /** The first price, in units of 10^-decimals. */
  readonly answer: bigint
  /** Default: the local Anvil's. */
  readonly chainId?: number
}

/** Deploys a price feed (AggregatorV3Interface) and returns its address. */
export async function deployFeed(options: FeedOptions): Promise<string> {
  const provider = localProvider(options.rpcUrl, options.chainId)
  try {
    const factory = new ContractFactory(TestFeed.abi, TestFeed.bytecode, new Wallet(options.privateKey, provider))
    const feed = await factory.deploy(options.description, options.decimals, options.answer)
    await feed.waitForDeployment()
    return await feed.getAddress()
  } finally {
    provider.destroy()
  }
}

/** The deployed feed's calls that tests and the demo make, typed. */
export interface TestFeedContract {
  setAnswer(answer: bigint): Promise<ContractTransactionResponse>
  setRound(roundId: bigint, answer: bigint, updatedAt: bigint): Promise<ContractTransactionResponse>
  setDecimals(decimals: number): Promise<ContractTransactionResponse>
  setReverts(reverts: boolean): Promise<ContractTransactionResponse>
}

export function testFeed(address: string, signer: Signer): TestFeedContract {
  return new Contract(address, TestFeed.abi, signer) as Contract & TestFeedContract
}
