import type { Address } from '@ctrip/domain/address'
import { type Amount, amount } from '@ctrip/domain/amount'
import { Interface } from 'ethers'
import { type Hex, MalformedHexError } from './hex'
import { callAndRead } from './rpc/read-result'
import type { RpcPool } from './rpc/rpc-pool'

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

/** A token's balance of an address, in base units, at the provider's latest block: for planning, never for crediting. */
export async function readTokenBalance(
  pool: RpcPool,
  contract: Address,
  holder: Address,
  signal?: AbortSignal,
): Promise<Amount> {
  const call = { to: contract, data: encodeBalanceCall(holder) }
  return callAndRead(pool, 'eth_call', [call, 'latest'], { signal }, (result) => {
    const balance = decodeUint256(result)
    if (balance === null) throw new MalformedHexError('balance')
    return balance
  })
}

/** One ABI word as an amount, or null. */
export function decodeUint256(data: unknown): Amount | null {
  return typeof data === 'string' && WORD.test(data) ? amount(BigInt(data)) : null
}
