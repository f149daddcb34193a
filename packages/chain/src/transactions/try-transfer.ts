import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import { concat, toBeHex, zeroPadValue } from 'ethers'
import { TransferTrial } from '../generated/questions'
import { PermanentRpcError } from '../rpc/rpc-error'
import type { CallOptions, RpcPool } from '../rpc/rpc-pool'

/** Three million of the token's own, the balances around it, and what is around those. */
const GAS = '0x4c4b40' // 5,000,000
/** Five words: came through, the sender before and after, the recipient before and after. */
const ANSWER = /^0x[0-9a-f]{320}$/i
const WORD_DIGITS = 64

/** By how much balances would change; `refused`: it reverts where the sender has code. */
export type TransferShown =
  | { readonly kind: 'moved'; readonly left: bigint; readonly arrived: bigint }
  | { readonly kind: 'refused' }

/**
 * Lets a node transfer a token without sending anything, and reads the balances around it: our code stands in the sender's
 * place for the length of the call (`eth_call` with a state override; geth, erigon, nethermind, besu, reth and anvil know it).
 * Null where the node does not show it.
 */
export async function tryTransfer(
  pool: RpcPool,
  transfer: { readonly contract: Address; readonly from: Address; readonly to: Address; readonly amount: Amount },
  options: CallOptions = {},
): Promise<TransferShown | null> {
  const { contract, from, to, amount } = transfer
  const data = concat([zeroPadValue(contract, 32), zeroPadValue(to, 32), toBeHex(amount, 32)])
  const overrides = { [from]: { code: TransferTrial.runtime } }
  try {
    const { result } = await pool.call('eth_call', [{ from, to: from, data, gas: GAS }, 'latest', overrides], options)
    return typeof result === 'string' && ANSWER.test(result) ? changesOf(result) : null
  } catch (error) {
    if (error instanceof PermanentRpcError) return null
    throw error
  }
}

function changesOf(answer: string): TransferShown {
  const word = (n: number) => BigInt(`0x${answer.slice(2 + n * WORD_DIGITS, 2 + (n + 1) * WORD_DIGITS)}`)
  if (word(0) !== 1n) return { kind: 'refused' }
  return { kind: 'moved', left: word(1) - word(2), arrived: word(4) - word(3) }
}
