import { decodeUint256, encodeTransferCall } from '@ctrip/chain/erc20'
import { PermanentRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { CallOptions, RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { estimateGas } from '@ctrip/chain/transactions/estimate-gas'
import { tryTransfer } from '@ctrip/chain/transactions/try-transfer'
import type { Address } from '@ctrip/domain/address'
import { type Amount, ZERO } from '@ctrip/domain/amount'
import type { Trial } from './chain-access'

interface TokenTransfer {
  readonly contract: Address
  readonly from: Address
  readonly to: Address
  readonly amount: Amount
}

/**
 * Whether a transfer would move anything, by the balances that a node shows before and after it. Where no node can show
 * that, a token that returns `false` may move it all the same (Tether Gold does): then the answer is not sure.
 */
export async function tryTokenTransfer(pool: RpcPool, transfer: TokenTransfer, options: CallOptions): Promise<Trial> {
  const { contract, from, to, amount } = transfer
  const call = { from, to: contract, value: ZERO, data: encodeTransferCall(to, amount) }
  try {
    const gas = await estimateGas(pool, call, options)
    const shown = await tryTransfer(pool, transfer, options)
    if (shown === null || shown.kind === 'refused') {
      // The estimate came through with a sender without code: only code is refused.
      return { kind: 'works', gas, isSure: await says(pool, call, options), takesCode: shown === null }
    }
    if (shown.left === 0n) return refused('the token would move nothing')
    if (shown.arrived === 0n) return refused('nothing would reach the treasury')
    return { kind: 'works', gas, isSure: true, takesCode: true }
  } catch (error) {
    if (!(error instanceof PermanentRpcError) || error.kind === 'method_not_found') throw error
    return refused(error.message)
  }
}

/** Whether the token says that it does. Tokens that return nothing at all are as old as the standard, and fine. */
async function says(
  pool: RpcPool,
  { from, to, data }: { readonly from: Address; readonly to: Address; readonly data: string },
  options: CallOptions,
): Promise<boolean> {
  const { result } = await pool.call('eth_call', [{ from, to, data }, 'latest'], options)
  // Its first word: some return more, and a token that returns a megabyte returns it to the node alone.
  return result === '0x' || (typeof result === 'string' && decodeUint256(result.slice(0, 66)) === 1n)
}

function refused(why: string): Trial {
  return { kind: 'refused', why }
}
