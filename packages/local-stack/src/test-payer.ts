import { type BaseContract, Contract, ContractFactory, type ContractTransactionResponse, type Signer } from 'ethers'
import { TestPayer } from './generated/contracts'

type Sent = Promise<ContractTransactionResponse>

/** A contract that pays, on a local chain; see TestPayer.sol. */
export interface TestPayerContract {
  payAll(to: readonly string[], each: bigint): Sent
  send(to: string, value: bigint): Sent
  sendAndRevert(to: string, value: bigint, overrides: { gasLimit: bigint }): Sent
  sendTwiceFirstUndone(to: string, undone: bigint, kept: bigint): Sent
  delegateSend(code: string, to: string, value: bigint): Sent
  collectTwice(token: string, to: string, first: bigint, second: bigint): Sent
  announce(from: string, to: string, value: bigint): Sent
  announceNft(to: string, id: bigint): Sent
}

/** Deploys it with this much coin; returns its address and its calls. */
export async function deployPayer(
  signer: Signer,
  value: bigint,
): Promise<{ address: string; payer: TestPayerContract }> {
  const deployed: BaseContract = await new ContractFactory(TestPayer.abi, TestPayer.bytecode, signer).deploy({ value })
  await deployed.waitForDeployment()
  const address = await deployed.getAddress()
  return { address, payer: payerAt(address, signer) }
}

/** The contract's calls, at an address whose code is its. */
export function payerAt(address: string, signer: Signer): TestPayerContract {
  return new Contract(address, TestPayer.abi, signer) as Contract & TestPayerContract
}
