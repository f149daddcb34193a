import { delegationTo, type SweepContracts } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import type { DecodedTransaction } from '@ctrip/chain/transactions/decode-transaction'
import { type Address, parseAddress } from '@ctrip/domain/address'
import { dataSlice, Interface } from 'ethers'
import type { AccountState } from './ledger-state'

const erc20 = new Interface(['function transfer(address,uint256) returns (bool)'])
const ADDRESS_BYTES = 20

export interface TokenMove {
  readonly from: Address
  readonly to: Address
  readonly amount: bigint
}

/** Where our contracts are, and whom they pay. */
export interface SimulatedContracts extends SweepContracts {
  readonly treasury: Address
}

/** What a transaction moves of the token, which refuses some: null where it reverts, none where it moves none. */
export function tokenMoves(
  state: AccountState,
  from: Address,
  decoded: DecodedTransaction,
  contracts: SimulatedContracts | null,
  refuses: (holder: Address) => boolean,
): TokenMove[] | null {
  if (decoded.data === '0x') return []
  if (contracts !== null && decoded.to === contracts.batcher) {
    return batchMoves(state, decoded, contracts).filter((move) => !refuses(move.from))
  }
  const [to, amount] = erc20.decodeFunctionData('transfer', decoded.data).toArray() as [string, bigint]
  const works = amount <= (state.tokens.get(from) ?? 0n) && !refuses(from)
  return works ? [{ from, to: address(to), amount }] : null
}

/** EIP-7702: an authorization of another nonce than the account's is skipped without a word; it counts also where the call fails. */
export function delegate(state: AccountState, { authorizations }: DecodedTransaction): void {
  for (const { sender, authorization } of authorizations) {
    const nonce = state.nonces.get(sender) ?? 0
    if (nonce !== authorization.nonce) continue
    state.nonces.set(sender, nonce + 1)
    state.code.set(sender, delegationTo(authorization.address))
  }
}

/** What cannot be moved is left out: no item fails another. */
function batchMoves(
  state: AccountState,
  { data }: DecodedTransaction,
  { delegate: implementation, treasury }: SimulatedContracts,
): TokenMove[] {
  const width = Number(BigInt(dataSlice(data, ADDRESS_BYTES, ADDRESS_BYTES + 1)))
  const itemBytes = ADDRESS_BYTES + width
  const count = (data.length / 2 - 1 - ADDRESS_BYTES - 1) / itemBytes
  const items = Array.from({ length: count }, (_, n) => {
    const at = ADDRESS_BYTES + 1 + n * itemBytes
    const from = address(dataSlice(data, at, at + ADDRESS_BYTES))
    return { from, to: treasury, amount: BigInt(dataSlice(data, at + ADDRESS_BYTES, at + itemBytes)) }
  })
  return items.filter(
    ({ from, amount }) =>
      state.code.get(from) === delegationTo(implementation) && amount <= (state.tokens.get(from) ?? 0n),
  )
}

function address(text: string): Address {
  const parsed = parseAddress(text)
  if (parsed === null) throw new Error(`no address: ${text}`)
  return parsed
}
