import { type Address, parseAddress } from '@ctrip/domain/address'
import { type Hash, parseHash } from '@ctrip/domain/hash'
import { Wallet } from 'ethers'

/** A test's own literal as an address. */
export function addressOf(text: string): Address {
  const address = parseAddress(text)
  if (address === null) throw new Error(`not an address: ${text}`)
  return address
}

export function hashOf(text: string): Hash {
  const hash = parseHash(text)
  if (hash === null) throw new Error(`not a hash: ${text}`)
  return hash
}

export function newAddress(): Address {
  return addressOf(Wallet.createRandom().address)
}
