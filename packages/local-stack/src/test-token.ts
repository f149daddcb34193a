import { Contract, ContractFactory, type ContractTransactionResponse, type Signer, Wallet } from 'ethers'
import { TestToken } from './generated/contracts'
import { localProvider } from './local-provider'

export interface TokenOptions {
  readonly rpcUrl: string
  /** The deployer's: it gets the whole supply. */
  readonly privateKey: string
  readonly name?: string
  readonly symbol?: string
  readonly decimals?: number
  readonly supply?: bigint
  /** Default: the local Anvil's. */
  readonly chainId?: number
}

const SUPPLY = 10n ** 24n

/** Deploys an OpenZeppelin ERC-20 (by default USDC with 6 decimals) and returns its address. Anyone may mint. */
export async function deployToken(options: TokenOptions): Promise<string> {
  const provider = localProvider(options.rpcUrl, options.chainId)
  try {
    const deployer = new Wallet(options.privateKey, provider)
    const { name = 'USD Coin (test)', symbol = 'USDC', decimals = 6, supply = SUPPLY } = options
    const factory = new ContractFactory(TestToken.abi, TestToken.bytecode, deployer)
    const token = await factory.deploy(name, symbol, decimals, supply)
    await token.waitForDeployment()
    return await token.getAddress()
  } finally {
    provider.destroy()
  }
}

/** The deployed token's calls that tests and the demo make, typed. */
export interface TestTokenContract {
  transfer(to: string, amount: bigint): Promise<ContractTransactionResponse>
  mint(to: string, amount: bigint): Promise<ContractTransactionResponse>
  balanceOf(holder: string): Promise<bigint>
}

export function testToken(address: string, signer: Signer): TestTokenContract {
  return new Contract(address, TestToken.abi, signer) as Contract & TestTokenContract
}
