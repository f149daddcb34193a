import { type Address, addressFromBytes } from '@ctrip/domain/address'
import { type Amount, amount } from '@ctrip/domain/amount'
import { hexFromBytes } from '@ctrip/domain/hex-digits'
import type { Hex } from '../hex'

/** `transfer(address,uint256)`. */
const TRANSFER = 'a9059cbb'
const ADDRESS_BYTES = 20
const WORD_BYTES = 32

/** To whom and how much a call of `transfer` sends; null for any other call. */
export function decodeTransferCall(data: Hex): { readonly to: Address; readonly amount: Amount } | null {
  const bytes = Buffer.from(data.slice(2), 'hex')
  const isTransfer = bytes.length === 4 + 2 * WORD_BYTES && bytes.subarray(0, 4).toString('hex') === TRANSFER
  if (!isTransfer || bytes.subarray(4, 4 + WORD_BYTES - ADDRESS_BYTES).some((byte) => byte !== 0)) return null
  return {
    to: addressFromBytes(bytes.subarray(4 + WORD_BYTES - ADDRESS_BYTES, 4 + WORD_BYTES)),
    amount: toAmount(bytes.subarray(4 + WORD_BYTES)),
  }
}

/** What `encodeCollection` has encoded; null for what it cannot have. */
export function decodeCollection(data: Hex): {
  readonly token: Address
  readonly items: readonly { readonly address: Address; readonly amount: Amount }[]
} | null {
  const bytes = Buffer.from(data.slice(2), 'hex')
  const width = bytes[ADDRESS_BYTES] ?? 0
  const rest = bytes.subarray(ADDRESS_BYTES + 1)
  const size = ADDRESS_BYTES + width
  if (width < 1 || width > WORD_BYTES || rest.length === 0 || rest.length % size !== 0) return null
  const items = Array.from({ length: rest.length / size }, (_, n) => {
    const item = rest.subarray(n * size, (n + 1) * size)
    return {
      address: addressFromBytes(item.subarray(0, ADDRESS_BYTES)),
      amount: toAmount(item.subarray(ADDRESS_BYTES)),
    }
  })
  return { token: addressFromBytes(bytes.subarray(0, ADDRESS_BYTES)), items }
}

function toAmount(bytes: Uint8Array): Amount {
  return amount(BigInt(hexFromBytes(bytes)))
}
