import { encodeTransaction } from '@ctrip/chain/blocks/encode-transaction'
import type { Keccak256 } from '@ctrip/chain/blocks/keccak'
import { RlpWriter } from '@ctrip/chain/blocks/rlp-writer'
import type { CallFrame } from '@ctrip/chain/call-trace'
import type { RawObject } from '@ctrip/chain/hex'
import { type Address, parseAddress } from '@ctrip/domain/address'
import { amount, ZERO } from '@ctrip/domain/amount'
import { type Hash, hashFromBytes } from '@ctrip/domain/hash'
import type { TransferKind } from '@ctrip/domain/payment/payment'
import type { Random } from './random'

const TRANSFER_TOPIC = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'

/** Money that a transaction moves if it succeeds: what the oracle knows, and the scanner is to find out. */
export interface Move {
  readonly kind: Exclude<TransferKind, 'funding'>
  readonly ordinal: number
  readonly to: Address
  readonly amount: bigint
  readonly contract: Address | null
}

/** A transaction that is, or was, or may be in a block. */
export interface SimTransaction {
  readonly hash: Hash
  readonly raw: RawObject
  readonly from: Address
  readonly to: Address
  readonly value: bigint
  readonly logs: readonly { readonly address: string; readonly topics: readonly string[]; readonly data: string }[]
  readonly calls: readonly CallFrame[]
  readonly moves: readonly Move[]
}

export interface Tokens {
  readonly configured: Address
  readonly fake: Address
}

type Kind = 'native' | 'nothing' | 'token' | 'token twice' | 'fake token' | 'nft' | 'zero tokens' | 'payout'
const KINDS: readonly Kind[] = [
  'native',
  'native',
  'token',
  'token',
  'token twice',
  'payout',
  'payout',
  'nothing',
  'fake token',
  'nft',
  'zero tokens',
]

/** A random transaction that pays `to`, or seems to. */
export function randomTransaction(
  random: Random,
  keccak256: Keccak256,
  to: Address,
  value: bigint,
  tokens: Tokens,
): SimTransaction {
  const from = toAddress(random.hex(20))
  const contract = toAddress(random.hex(20))
  const make = (parts: Partial<SimTransaction>) =>
    sign(random, keccak256, { from, to: contract, value: ZERO, logs: [], calls: [], moves: [], ...parts })
  const native = (kind: 'native' | 'internal', ordinal: number): Move => ({
    kind,
    ordinal,
    to,
    amount: value,
    contract: null,
  })
  const token = (ordinal: number): Move => ({ kind: 'erc20', ordinal, to, amount: value, contract: tokens.configured })
  const transfer = (address: Address, sum = value) => ({
    address,
    topics: [TRANSFER_TOPIC, topic(from), topic(to)],
    data: word(sum),
  })
  const call = (type: string, reverted: boolean, calls: CallFrame[] = []): CallFrame => ({
    type,
    from: contract,
    to,
    value: amount(value),
    reverted,
    calls,
  })
  switch (random.pick(KINDS)) {
    case 'native':
      return make({ to, value, moves: [native('native', 0)] })
    case 'nothing':
      return make({ to })
    case 'token':
      return make({ logs: [transfer(tokens.configured)], moves: [token(0)] })
    case 'token twice':
      return make({
        logs: [transfer(tokens.fake), transfer(tokens.configured), transfer(tokens.configured)],
        moves: [token(1), token(2)],
      })
    case 'fake token':
      return make({ logs: [transfer(tokens.fake)] })
    case 'nft':
      return make({
        logs: [
          {
            address: tokens.configured,
            topics: [TRANSFER_TOPIC, topic(from), topic(to), word(value)],
            data: word(value),
          },
        ],
      })
    case 'zero tokens':
      return make({ logs: [transfer(tokens.configured, ZERO)] })
    case 'payout':
      return make({
        calls: [call('CALL', true, [call('CALL', false)]), call('DELEGATECALL', false), call('CALL', false)],
        moves: [native('internal', 0)],
      })
  }
}

function sign(random: Random, keccak256: Keccak256, parts: Omit<SimTransaction, 'hash' | 'raw'>): SimTransaction {
  const raw = {
    ...{ type: '0x2', chainId: '0x1', nonce: quantity(random.integer(1_000_000)), gas: '0x5208' },
    ...{ maxPriorityFeePerGas: '0x1', maxFeePerGas: '0x2', accessList: [], input: '0x' },
    ...{ from: parts.from, to: parts.to, value: quantity(parts.value), yParity: '0x0', v: '0x0' },
    ...{ r: `0x1${random.hex(31).slice(2)}`, s: `0x1${random.hex(31).slice(2)}` },
  }
  return { ...parts, raw, hash: hashFromBytes(keccak256(encodeTransaction(new RlpWriter(), raw, 2))) }
}

export function toAddress(text: string): Address {
  const address = parseAddress(text)
  if (address === null) throw new Error(`${text} is no address`)
  return address
}

export function quantity(value: number | bigint): string {
  return `0x${value.toString(16)}`
}

function topic(address: Address): string {
  return `0x${address.slice(2).padStart(64, '0')}`
}

function word(value: bigint): string {
  return `0x${value.toString(16).padStart(64, '0')}`
}
