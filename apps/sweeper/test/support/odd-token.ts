import { OddToken } from '@ctrip/local-stack/generated/contracts'
import { type Contract, ContractFactory, type ContractTransactionResponse, type Signer } from 'ethers'

/** In the order of the contract's enum. */
export const ODD_MODES = [
  'plain',
  'returnsNothing',
  'returnsFalse',
  'returnsFalseThoughItMoved',
  'returnsTrueThoughItDidNot',
  'returnsMuch',
  'takesFee',
  'takesFeeSilently',
  'takesAll',
  'announcesTwice',
  'announcesNothing',
  'movesHalf',
  'reverts',
  'burnsGas',
  'gasGuzzler',
  'callsSender',
  'callsRecipient',
  'reenters',
  'small',
  'revertsOnZero',
  'refusesCode',
  'balanceReverts',
  'balanceBurnsGas',
  'balanceIsBomb',
  'sharesRound',
  'failsWhenMined',
  'demurrage',
] as const
export type OddMode = (typeof ODD_MODES)[number]

interface SentFees {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

type Sent = Promise<ContractTransactionResponse>

export interface OddTokenContract {
  getAddress(): Promise<string>
  setMode(mode: number, fees?: SentFees): Sent
  setBlocked(holder: string, blocked: boolean, fees?: SentFees): Sent
  setScale(scale: bigint): Sent
  setHasNoFacts(hasNone: boolean): Sent
  mint(to: string, amount: bigint): Sent
  flashMint(to: string, amount: bigint): Sent
  balanceOf(holder: string): Promise<bigint>
  /** Whatever `balanceOf` says. */
  trueBalanceOf(holder: string): Promise<bigint>
}

export async function deployOddToken(deployer: Signer, decimals: number): Promise<OddTokenContract> {
  const token = await new ContractFactory(OddToken.abi, OddToken.bytecode, deployer).deploy(decimals)
  await token.waitForDeployment()
  return token as Contract & OddTokenContract
}

export async function behave(token: OddTokenContract, mode: OddMode): Promise<void> {
  await (await token.setMode(ODD_MODES.indexOf(mode))).wait()
}
