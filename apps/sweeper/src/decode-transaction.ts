import type { Hex } from '@ctrip/chain/hex'
import type { UnsignedTransaction } from '@ctrip/chain/transactions/unsigned-transaction'
import { parseAddress } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import { Transaction } from 'ethers'

export type DecodedTransaction = Omit<UnsignedTransaction, 'authorizations'>

/** What was signed, from its bytes: they alone are the truth about it. */
export function decodeTransaction(raw: Hex): DecodedTransaction {
  const decoded = Transaction.from(raw)
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = decoded
  const fees =
    maxFeePerGas === null || maxPriorityFeePerGas === null
      ? ({ kind: 'legacy', gasPrice: gasPrice ?? 0n } as const)
      : ({ kind: 'eip1559', maxFeePerGas, maxPriorityFeePerGas } as const)
  return {
    chainId: Number(decoded.chainId),
    nonce: decoded.nonce,
    to: decoded.to === null ? null : addressOf(decoded.to),
    value: amount(decoded.value),
    data: decoded.data as Hex,
    gasLimit: decoded.gasLimit,
    fees,
  }
}

function addressOf(text: string) {
  const address = parseAddress(text)
  assert(address !== null, 'ethers spells addresses right')
  return address
}
