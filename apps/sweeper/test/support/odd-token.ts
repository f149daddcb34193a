import { OddToken } from '@ctrip/local-stack/generated/contracts'
import { type Contract, ContractFactory, type ContractTransactionResponse, type Signer } from 'ethers'

/** In the order of the contract's enum. */
export const ODD_MODES = [
  'plain',
  'returnsNothing',
  'returnsFalse',
  'takesFee',
  'reverts',
  'burnsGas',
  'returnsMuch',
  'callsBack',
  'small',
] as const
export type OddMode = (typeof ODD_MODES)[number]

export interface OddTokenContract {
  getAddress(): Promise<string>
  setMode(mode: number): Promise<ContractTransactionResponse>
  setBlocked(holder: string, blocked: boolean): Promise<ContractTransactionResponse>
  setScale(scale: bigint): Promise<ContractTransactionResponse>
  mint(to: string, amount: bigint): Promise<ContractTransactionResponse>
  balanceOf(holder: string): Promise<bigint>
}

export async function deployOddToken(deployer: Signer, decimals: number): Promise<OddTokenContract> {
  const token = await new ContractFactory(OddToken.abi, OddToken.bytecode, deployer).deploy(decimals)
  await token.waitForDeployment()
  return token as Contract & OddTokenContract
}
