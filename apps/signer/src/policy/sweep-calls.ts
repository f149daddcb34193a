import { fromHex, keccak, toHex } from '../ethereum/bytes'
import { createdAddress } from '../ethereum/transaction'

/** Our two contracts on a chain. The batcher creates the delegate as its first contract. */
export interface SweepContracts {
  readonly batcher: string
  readonly delegate: string
}

/** keccak256 of SweepBatcher's creation code, which this repository compiles from packages/chain/contracts. A test compares both. */
export const BATCHER_CREATION_HASH = '0x8dbe477b7759bf85284c7dd50a05bd5d96b630d71557f41a001dd5edb884ba8a'

const TRANSFER = /^0xa9059cbb0{24}([0-9a-f]{40})[0-9a-f]{64}$/
const WORD_DIGITS = 64
const ADDRESS_BYTES = 20

export function contractsOf(batcher: string): SweepContracts {
  return { batcher, delegate: createdAddress(batcher, 1) }
}

/** The recipient of a call that is exactly `transfer(address,uint256)`; null for any other call. */
export function transferRecipient(data: string): string | null {
  const digits = TRANSFER.exec(data)?.[1]
  return digits === undefined ? null : `0x${digits}`
}

/** The treasury that a deployment's contracts pay for ever; null where this is not our creation code with one address behind it. */
export function deployedTreasury(data: string): string | null {
  const code = data.slice(0, -WORD_DIGITS)
  const digits = /^0{24}([0-9a-f]{40})$/.exec(data.slice(-WORD_DIGITS))?.[1]
  if (digits === undefined || toHex(keccak(fromHex(code))) !== BATCHER_CREATION_HASH) return null
  return `0x${digits}`
}

/** The token and the number of items of a call of the batcher: token, width of an amount, then address and amount for each item. */
export function decodeCollection(data: string): { readonly token: string; readonly items: number } | null {
  const bytes = fromHex(data)
  const width = bytes[ADDRESS_BYTES] ?? 0
  const rest = bytes.length - ADDRESS_BYTES - 1
  const size = ADDRESS_BYTES + width
  if (width < 1 || width > 32 || rest <= 0 || rest % size !== 0) return null
  return { token: toHex(bytes.subarray(0, ADDRESS_BYTES)), items: rest / size }
}
