import type { ChainFamily } from './chain-family'
import {
  ARBITRUM_TYPES,
  BERACHAIN_TYPES,
  CELO_TYPES,
  ETHEREUM_TYPES,
  MANTLE_TYPES,
  OP_STACK_TYPES,
  SCROLL_TYPES,
  type TransactionType,
} from './transaction-types'
import type { Field, Fields } from './write-fields'

/** How a family of chains encodes its blocks: all that a proof needs to know of it. */
export interface BlockCodec {
  /** Null: nothing of a block can be proven. */
  readonly header: Fields | null
  readonly transactionTypes: ReadonlyMap<number, TransactionType>
  /** The fields of a type's receipts after the four that every receipt has, where the node shows the field `when`. */
  readonly receiptExtras: ReadonlyMap<number, ReceiptExtras>
  /** A header with this field commits to the receipts of an earlier block, not to its own. */
  readonly settlesLater: string | null
  /** Whether the node shows the bridge's writes as a transaction that stands in no root (see `isStateSync`). */
  readonly showsStateSync: boolean
}

export interface ReceiptExtras {
  readonly when: string
  readonly fields: Fields
}

const HEADER: readonly Field[] = [
  ['parentHash', 'bytes'],
  ['sha3Uncles', 'bytes'],
  ['miner', 'bytes'],
  ['stateRoot', 'bytes'],
  ['transactionsRoot', 'bytes'],
  ['receiptsRoot', 'bytes'],
  ['logsBloom', 'bytes'],
  ['difficulty', 'quantity'],
  ['number', 'quantity'],
  ['gasLimit', 'quantity'],
  ['gasUsed', 'quantity'],
  ['timestamp', 'quantity'],
  ['extraData', 'bytes'],
  ['mixHash', 'bytes'],
  ['nonce', 'bytes'],
]

const BLOB_FIELDS: readonly Field[] = [
  ['blobGasUsed', 'quantity'],
  ['excessBlobGas', 'quantity'],
  ['parentBeaconBlockRoot', 'bytes'],
]

/** Each fork added its fields at the end: London, Shanghai, Cancun (EIP-4844, EIP-4788), Prague (EIP-7685). Osaka added none. */
const PRAGUE: readonly Field[] = [
  ['baseFeePerGas', 'quantity'],
  ['withdrawalsRoot', 'bytes'],
  ...BLOB_FIELDS,
  ['requestsHash', 'bytes'],
]

/** EIP-7928 and EIP-7843. */
const AMSTERDAM: readonly Field[] = [
  ['blockAccessListHash', 'bytes'],
  ['slotNumber', 'quantity'],
]

const ETHEREUM: BlockCodec = {
  header: { always: HEADER, trailing: [...PRAGUE, ...AMSTERDAM] },
  transactionTypes: ETHEREUM_TYPES,
  receiptExtras: new Map(),
  settlesLater: null,
  showsStateSync: false,
}

/**
 * Before Canyon nodes show a deposit's nonce, but no root has it; the version came with Canyon, and then both are encoded. Isthmus keeps
 * the fields of the header and gives `withdrawalsRoot` another meaning, which is of no concern here.
 */
const DEPOSIT_RECEIPT: ReceiptExtras = {
  when: 'depositReceiptVersion',
  fields: {
    always: [
      ['depositNonce', 'quantity'],
      ['depositReceiptVersion', 'quantity'],
    ],
    trailing: [],
  },
}

/** CIP-64 on the OP stack: the base fee in the currency that paid. */
const CIP_64_RECEIPT: ReceiptExtras = {
  when: 'baseFee',
  fields: { always: [['baseFee', 'quantity']], trailing: [] },
}

const OP_STACK: BlockCodec = {
  ...ETHEREUM,
  transactionTypes: OP_STACK_TYPES,
  receiptExtras: new Map([[0x7e, DEPOSIT_RECEIPT]]),
}

/**
 * Avalanche's C-Chain (coreth). Granite added the time in milliseconds and the delay; Helicon (ACP-194) what follows, and with it blocks are
 * executed after they are accepted, so that their receipts stand in a later header.
 */
const AVALANCHE: BlockCodec = {
  ...ETHEREUM,
  header: {
    always: [...HEADER, ['extDataHash', 'bytes']],
    trailing: [
      ['baseFeePerGas', 'quantity'],
      ['extDataGasUsed', 'quantity'],
      ['blockGasCost', 'quantity'],
      ...BLOB_FIELDS,
      ['timestampMilliseconds', 'quantity'],
      ['minDelayExcess', 'quantity'],
      ['targetExponent', 'quantity'],
      ['minPriceExponent', 'quantity'],
      ['settledHeight', 'quantity'],
      ['settledGasUnix', 'quantity'],
      ['settledGasNumerator', 'quantity'],
      ['settledExcess', 'quantity'],
    ],
  },
  settlesLater: 'settledHeight',
}

/** BRIP-0004: the public key of the parent's proposer follows what Prague has. */
const BERACHAIN: BlockCodec = {
  ...ETHEREUM,
  header: { always: HEADER, trailing: [...PRAGUE, ['parentProposerPubkey', 'bytes']] },
  transactionTypes: BERACHAIN_TYPES,
}

const CODECS: Readonly<Record<ChainFamily, BlockCodec>> = {
  ethereum: ETHEREUM,
  'op-stack': OP_STACK,
  celo: {
    ...OP_STACK,
    transactionTypes: CELO_TYPES,
    receiptExtras: new Map([...OP_STACK.receiptExtras, [0x7b, CIP_64_RECEIPT]]),
  },
  mantle: { ...OP_STACK, transactionTypes: MANTLE_TYPES },
  // `sendRoot`, `sendCount` and `l1BlockNumber` are in `extraData` and `mixHash`, and are only shown beside the header.
  arbitrum: { ...ETHEREUM, transactionTypes: ARBITRUM_TYPES },
  polygon: { ...ETHEREUM, showsStateSync: true },
  avalanche: AVALANCHE,
  berachain: BERACHAIN,
  scroll: { ...ETHEREUM, transactionTypes: SCROLL_TYPES },
  foreign: { ...ETHEREUM, header: null },
}

export function codecOf(family: ChainFamily): BlockCodec {
  return CODECS[family]
}
