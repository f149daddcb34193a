import { type Address, parseAddress } from '@ctrip/domain/address'
import { type Amount, amount } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import { type Hash, parseHash } from '@ctrip/domain/hash'
import { type Authorization, hashAuthorization, recoverAddress, Transaction } from 'ethers'
import type { Hex } from '../hex'
import type { AuthorizedBy } from './authorized-by'
import type { Fees } from './fees'
import type { SignedAuthorization } from './unsigned-transaction'

export interface DecodedTransaction {
  readonly nonce: number
  readonly to: Address | null
  readonly value: Amount
  readonly data: Hex
  readonly gasLimit: bigint
  readonly fees: Fees
  readonly authorizations: readonly AuthorizedBy[]
}

/** What was signed, from its bytes: they alone are the truth about it. */
export function decodeTransaction(raw: Hex): DecodedTransaction {
  const decoded = Transaction.from(raw)
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = decoded
  return {
    nonce: decoded.nonce,
    to: decoded.to === null ? null : addressOf(decoded.to),
    value: amount(decoded.value),
    data: decoded.data as Hex,
    gasLimit: decoded.gasLimit,
    fees:
      maxFeePerGas === null || maxPriorityFeePerGas === null
        ? { kind: 'legacy', gasPrice: gasPrice ?? 0n }
        : { kind: 'eip1559', maxFeePerGas, maxPriorityFeePerGas },
    authorizations: (decoded.authorizationList ?? []).map(authorizedBy),
  }
}

/** Who signed it. */
export function senderOf(raw: Hex): Address | null {
  return parseAddress(Transaction.from(raw).from ?? '')
}

function authorizedBy({ chainId, address, nonce, signature }: Authorization): AuthorizedBy {
  const authorization: SignedAuthorization = {
    chainId: Number(chainId),
    address: addressOf(address),
    nonce: Number(nonce),
    yParity: signature.yParity,
    r: hashOf(signature.r),
    s: hashOf(signature.s),
  }
  const digest = hashAuthorization({ chainId, address, nonce })
  return { sender: addressOf(recoverAddress(digest, signature)), authorization }
}

function addressOf(text: string): Address {
  const address = parseAddress(text)
  assert(address !== null, 'ethers spells addresses right')
  return address
}

function hashOf(text: string): Hash {
  const hash = parseHash(text)
  assert(hash !== null, 'half a signature has 32 bytes')
  return hash
}
