import type { Address } from '@ctrip/domain/address'
import { type Amount, amount } from '@ctrip/domain/amount'
import { Interface } from 'ethers'
import type { Hex } from './hex'

const erc20 = new Interface([
  'function balanceOf(address) view returns (uint256)',
  'function transfer(address,uint256) returns (bool)',
])

const WORD = /^0x[0-9a-fA-F]{64}$/

/** Calldata of `transfer(to, amount)`. */
export function encodeTransferCall(to: Address, value: Amount): Hex {
  return erc20.encodeFunctionData('transfer', [to, value]) as Hex
}

/** Calldata of `balanceOf(holder)`. */
export function encodeBalanceCall(holder: Address): Hex {
  return erc20.encodeFunctionData('balanceOf', [holder]) as Hex
}

/** One ABI word as an amount, or null. */
export function decodeUint256(data: unknown): Amount | null {
  return typeof data === 'string' && WORD.test(data) ? amount(BigInt(data)) : null
}
