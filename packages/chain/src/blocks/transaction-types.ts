import type { Address } from '@ctrip/domain/address'
import type { Field, Fields } from './write-fields'

/** A transaction type: how it is encoded, and what of it is money. */
export interface TransactionType {
  /** The items of its RLP list. */
  readonly fields: Fields
  /**
   * The sender: `signature` (the encoding names nobody), `encoded` (its field `from`), or always the same account.
   */
  readonly sender: 'signature' | 'encoded' | Address
  /** The account that is called: the field `to`, or always the same account. What the encoding lacks is not read from JSON: nothing would prove it. */
  readonly to: 'encoded' | Address
  /** Whether it has a field `value`, which moves to `to` when the transaction succeeds. */
  readonly movesValue: boolean
}

const SIGNATURE: readonly Field[] = [
  ['yParity', 'parity'],
  ['r', 'quantity'],
  ['s', 'quantity'],
]

/** The middle part that all Ethereum types share. */
const CALL: readonly Field[] = [
  ['gas', 'quantity'],
  ['to', 'bytesOrEmpty'],
  ['value', 'quantity'],
  ['input', 'bytes'],
]

const CHAIN_AND_NONCE: readonly Field[] = [
  ['chainId', 'quantity'],
  ['nonce', 'quantity'],
]

const FEES: readonly Field[] = [
  ['maxPriorityFeePerGas', 'quantity'],
  ['maxFeePerGas', 'quantity'],
]

const ACCESS_LIST: Field = ['accessList', 'accessList']

const signed = (...always: readonly Field[]): TransactionType => ({
  fields: { always: [...always, ...SIGNATURE], trailing: [] },
  sender: 'signature',
  to: 'encoded',
  movesValue: true,
})

const unsigned = (...always: readonly Field[]): TransactionType => ({
  fields: { always, trailing: [] },
  sender: 'encoded',
  to: 'encoded',
  movesValue: true,
})

const LEGACY: TransactionType = {
  fields: {
    always: [
      ['nonce', 'quantity'],
      ['gasPrice', 'quantity'],
      ...CALL,
      ['v', 'quantity'],
      ['r', 'quantity'],
      ['s', 'quantity'],
    ],
    trailing: [],
  },
  sender: 'signature',
  to: 'encoded',
  movesValue: true,
}

type TransactionTypes = ReadonlyMap<number, TransactionType>

/** Legacy, EIP-2930, EIP-1559, EIP-4844, EIP-7702. */
export const ETHEREUM_TYPES: TransactionTypes = new Map([
  [0x00, LEGACY],
  [0x01, signed(...CHAIN_AND_NONCE, ['gasPrice', 'quantity'], ...CALL, ACCESS_LIST)],
  [0x02, signed(...CHAIN_AND_NONCE, ...FEES, ...CALL, ACCESS_LIST)],
  [
    0x03,
    signed(
      ...CHAIN_AND_NONCE,
      ...FEES,
      ...CALL,
      ACCESS_LIST,
      ['maxFeePerBlobGas', 'quantity'],
      ['blobVersionedHashes', 'hashes'],
    ),
  ],
  [0x04, signed(...CHAIN_AND_NONCE, ...FEES, ...CALL, ACCESS_LIST, ['authorizationList', 'authorizations'])],
])

const DEPOSIT: readonly Field[] = [
  ['sourceHash', 'bytes'],
  ['from', 'bytes'],
  ['to', 'bytesOrEmpty'],
  ['mint', 'quantityOrZero'],
  ['value', 'quantity'],
  ['gas', 'quantity'],
  ['isSystemTx', 'flag'],
]

/**
 * A deposit mints `mint` to its sender whatever comes of it, and moves `value` to `to` when it succeeds (OP stack: deposits.md). What is
 * minted to an account that then keeps it is no transfer: only an address that itself deposited on L1 can get it, and ours do not.
 */
export const OP_STACK_TYPES: TransactionTypes = new Map([
  ...ETHEREUM_TYPES,
  [0x7e, unsigned(...DEPOSIT, ['input', 'bytes'])],
])

/** CIP-64: the fee is paid in `feeCurrency`. CIP-42 (0x7c) and Celo's own legacy type ended with its own chain, in March 2025. */
export const CELO_TYPES: TransactionTypes = new Map([
  ...OP_STACK_TYPES,
  [0x7b, signed(...CHAIN_AND_NONCE, ...FEES, ...CALL, ACCESS_LIST, ['feeCurrency', 'bytesOrEmpty'])],
])

/** Mantle's deposits carry ETH beside its own coin, MNT: a token there, which has its `Transfer` log. */
export const MANTLE_TYPES: TransactionTypes = new Map([
  ...ETHEREUM_TYPES,
  [
    0x7e,
    {
      fields: {
        always: [...DEPOSIT, ['ethValue', 'quantityOrZero'], ['input', 'bytes']],
        trailing: [['ethTxValue', 'quantity']],
      },
      sender: 'encoded',
      to: 'encoded',
      movesValue: true,
    },
  ],
])

const ARB_RETRYABLE = '0x000000000000000000000000000000000000006e' as Address
const ARB_OS = '0x00000000000000000000000000000000000a4b05' as Address

/**
 * Arbitrum Nitro (OffchainLabs/go-ethereum, core/types/arb_types.go). 0x64 mints to `from` and moves to `to`; 0x65, 0x66 and 0x68 (the retry
 * of a ticket) move `value` as any call does. 0x69 only makes a ticket: what it is for moves in the 0x68 that redeems it, and refunds
 * of fees show in no trace. 0x6a is ArbOS at the start of each block.
 */
export const ARBITRUM_TYPES: TransactionTypes = new Map([
  ...ETHEREUM_TYPES,
  [
    0x64,
    unsigned(
      ['chainId', 'quantity'],
      ['requestId', 'bytes'],
      ['from', 'bytes'],
      ['to', 'bytesOrEmpty'],
      ['value', 'quantity'],
    ),
  ],
  [
    0x65,
    unsigned(['chainId', 'quantity'], ['from', 'bytes'], ['nonce', 'quantity'], ['gasPrice', 'quantity'], ...CALL),
  ],
  [
    0x66,
    unsigned(['chainId', 'quantity'], ['requestId', 'bytes'], ['from', 'bytes'], ['gasPrice', 'quantity'], ...CALL),
  ],
  [
    0x68,
    unsigned(
      ...CHAIN_AND_NONCE,
      ['from', 'bytes'],
      ['gasPrice', 'quantity'],
      ...CALL,
      ['ticketId', 'bytes'],
      ['refundTo', 'bytes'],
      ['maxRefund', 'quantity'],
      ['submissionFeeRefund', 'quantity'],
    ),
  ],
  [
    0x69,
    {
      ...unsigned(
        ['chainId', 'quantity'],
        ['requestId', 'bytes'],
        ['from', 'bytes'],
        ['l1BaseFee', 'quantity'],
        ['depositValue', 'quantity'],
        ['gasPrice', 'quantity'],
        ['gas', 'quantity'],
        ['retryTo', 'bytesOrEmpty'],
        ['retryValue', 'quantity'],
        ['beneficiary', 'bytes'],
        ['maxSubmissionFee', 'quantity'],
        ['refundTo', 'bytes'],
        ['retryData', 'bytes'],
      ),
      to: ARB_RETRYABLE,
      movesValue: false,
    },
  ],
  [0x6a, { ...unsigned(['chainId', 'quantity'], ['input', 'bytes']), sender: ARB_OS, to: ARB_OS, movesValue: false }],
])

/** BRIP-0004: the call that rewards the parent's proposer. */
export const BERACHAIN_TYPES: TransactionTypes = new Map([
  ...ETHEREUM_TYPES,
  [
    0x7e,
    {
      ...unsigned(
        ['chainId', 'quantity'],
        ['from', 'bytes'],
        ['to', 'bytes'],
        ['nonce', 'quantity'],
        ['gas', 'quantity'],
        ['gasPrice', 'quantity'],
        ['input', 'bytes'],
      ),
      movesValue: false,
    },
  ],
])

/** A message from L1 (scroll-tech/go-ethereum, core/types/l1_message_tx.go). Signatures of L2 are Ethereum's. */
export const SCROLL_TYPES: TransactionTypes = new Map([
  ...ETHEREUM_TYPES,
  [
    0x7e,
    unsigned(
      ['queueIndex', 'quantity'],
      ['gas', 'quantity'],
      ['to', 'bytes'],
      ['value', 'quantity'],
      ['input', 'bytes'],
      ['from', 'bytes'],
    ),
  ],
])
