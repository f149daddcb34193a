import { type Address, addressToBytes, parseAddress } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import { hexFromBytes } from '@ctrip/domain/hex-digits'
import { concat, getCreateAddress, toBeHex, zeroPadValue } from 'ethers'
import { SweepBatcher, SweepDelegate } from '../generated/sweep-contracts'
import type { Hex } from '../hex'

/** Our two contracts on a chain. */
export interface SweepContracts {
  readonly batcher: Address
  readonly delegate: Address
}

/** Whom they obey and whom they pay: both for ever. */
export interface SweepContractTerms {
  readonly owner: Address
  readonly treasury: Address
}

/** Delegation designator (EIP-7702): what the code of a delegating account reads. */
const DESIGNATOR = '0xef0100'

/** The code that deploys the batcher, which itself deploys the delegate. Its sender becomes the owner. */
export function deploymentCode(treasury: Address): Hex {
  return concat([SweepBatcher.creation, zeroPadValue(treasury, 32)]) as Hex
}

/** Where a deployment by this account and nonce ends up. */
export function contractsAt(deployer: Address, nonce: number): SweepContracts {
  const batcher = createdBy(deployer, nonce)
  return { batcher, delegate: createdBy(batcher, 1) }
}

/** The code that must stand at the batcher's address: any other is not ours, or pays somebody else. */
export function batcherCode({ owner }: SweepContractTerms): Hex {
  return filled(SweepBatcher, { owner })
}

export function delegateCode(contracts: SweepContracts, { treasury }: SweepContractTerms): Hex {
  return filled(SweepDelegate, { implementation: contracts.delegate, batcher: contracts.batcher, treasury })
}

/** The code of an account that delegates to this contract. */
export function delegationTo(delegate: Address): Hex {
  return concat([DESIGNATOR, delegate]) as Hex
}

/** Calldata of a collection: the token, the bytes of an amount, and for each address itself and its amount. */
export function encodeCollection(
  token: Address,
  items: readonly { readonly address: Address; readonly amount: Amount }[],
): Hex {
  // As narrow as the largest amount allows: calldata is a good part of the price.
  const width = Math.max(1, ...items.map(({ amount }) => Math.ceil(amount.toString(16).length / 2)))
  const parts = items.flatMap(({ address, amount }) => [address, toBeHex(amount, width)])
  return concat([token, toBeHex(width, 1), ...parts]) as Hex
}

interface Artifact<Name extends string> {
  readonly runtime: string
  readonly immutables: Readonly<Record<Name, readonly number[]>>
}

/** An immutable stands in the code as 32 bytes, wherever it is used. */
function filled<Name extends string>(artifact: Artifact<Name>, values: Readonly<Record<Name, Address>>): Hex {
  const code = Buffer.from(artifact.runtime.slice(2), 'hex')
  for (const name of Object.keys(artifact.immutables) as Name[]) {
    for (const start of artifact.immutables[name]) code.set(addressToBytes(values[name]), start + 12)
  }
  return hexFromBytes(code)
}

function createdBy(from: Address, nonce: number): Address {
  const address = parseAddress(getCreateAddress({ from, nonce }))
  assert(address !== null, 'ethers spells addresses right')
  return address
}
