import { concat, encodeRlp, getBytes, hexlify, type RlpStructuredDataish, stripZerosLeft, toBeHex } from 'ethers'
import { codecOf } from '../../src/blocks/block-codec'
import { type ChainFamily, familyOf } from '../../src/blocks/chain-family'
import { encodeHeader } from '../../src/blocks/encode-header'
import { encodeReceipt } from '../../src/blocks/encode-receipt'
import { encodeTransaction } from '../../src/blocks/encode-transaction'
import { RlpWriter } from '../../src/blocks/rlp-writer'
import type { RawObject } from '../../src/hex'

const address = (digit: string) => `0x${digit.repeat(40)}`
const word = (digit: string) => `0x${digit.repeat(64)}`

/** A quantity as RLP has it; ethers encodes the list. */
const int = (quantity: string) => stripZerosLeft(getBytes(toBeHex(quantity)))

/** Every field that any of the types has. */
const TRANSACTION = {
  ...{ chainId: '0xa4b1', nonce: '0x7', gas: '0x5208', gasPrice: '0x9', value: '0xde0b6b3a7640000', input: '0xabcdef' },
  ...{ from: address('1'), to: address('2'), requestId: word('3'), ticketId: word('4'), refundTo: address('5') },
  ...{ maxRefund: '0x10', submissionFeeRefund: '0x11', queueIndex: '0x12', sourceHash: word('6'), mint: '0x13' },
  ...{ ethValue: '0x14', ethTxValue: '0x15', isSystemTx: true },
}

const { chainId, nonce, gas, gasPrice, value, mint } = TRANSACTION
const { input, from, to, requestId, ticketId, refundTo, sourceHash } = TRANSACTION
const CALL = [int(gas), to, int(value), input]

/** The lists as the clients' sources have them (named in transaction-types.ts), written down apart from our tables. */
const TYPES: readonly [ChainFamily, number, RawObject, RlpStructuredDataish][] = [
  ['arbitrum', 0x64, {}, [int(chainId), requestId, from, to, int(value)]],
  ['arbitrum', 0x65, {}, [int(chainId), from, int(nonce), int(gasPrice), ...CALL]],
  ['arbitrum', 0x65, { to: null }, [int(chainId), from, int(nonce), int(gasPrice), int(gas), '0x', int(value), input]],
  ['arbitrum', 0x66, {}, [int(chainId), requestId, from, int(gasPrice), ...CALL]],
  [
    'arbitrum',
    0x68,
    {},
    [int(chainId), int(nonce), from, int(gasPrice), ...CALL, ticketId, refundTo, int('0x10'), int('0x11')],
  ],
  ['op-stack', 0x7e, {}, [sourceHash, from, to, int(mint), int(value), int(gas), '0x01', input]],
  [
    'op-stack',
    0x7e,
    { mint: null, isSystemTx: undefined },
    [sourceHash, from, to, '0x', int(value), int(gas), '0x', input],
  ],
  [
    'mantle',
    0x7e,
    {},
    [sourceHash, from, to, int(mint), int(value), int(gas), '0x01', int('0x14'), input, int('0x15')],
  ],
  [
    'mantle',
    0x7e,
    { ethValue: null, ethTxValue: null },
    [sourceHash, from, to, int(mint), int(value), int(gas), '0x01', '0x', input],
  ],
  ['scroll', 0x7e, {}, [int('0x12'), int(gas), to, int(value), input, from]],
  ['berachain', 0x7e, {}, [int(chainId), from, to, int(nonce), int(gas), int(gasPrice), input]],
]

describe('transactions that have no signature', () => {
  it.each(TYPES)('of %s, type %i, are the list that its clients write (%o)', (family, type, changes, items) => {
    const encoded = encodeTransaction(new RlpWriter(), { ...TRANSACTION, ...changes }, type, codecOf(family))
    expect(hexlify(encoded)).toBe(concat([toBeHex(type), encodeRlp(items)]))
  })
})

const BLOOM = `0x${'00'.repeat(256)}`
const RECEIPT = { status: '0x1', cumulativeGasUsed: '0x5208', logsBloom: BLOOM, logs: [] }
const ALWAYS = ['0x01', int('0x5208'), BLOOM, []]

describe('receipts of types that have more than the four fields', () => {
  it.each<[string, ChainFamily, number, RawObject, RlpStructuredDataish]>([
    ['before Canyon: the nonce is shown, not encoded', 'op-stack', 0x7e, { depositNonce: '0x8' }, ALWAYS],
    [
      'since Canyon: nonce and version',
      'op-stack',
      0x7e,
      { depositNonce: '0x8', depositReceiptVersion: '0x1' },
      [...ALWAYS, int('0x8'), int('0x1')],
    ],
    ['a transaction of a user', 'op-stack', 2, { depositNonce: '0x8', depositReceiptVersion: '0x1' }, ALWAYS],
    ['CIP-64: the base fee', 'celo', 0x7b, { baseFee: '0x1adff4f03' }, [...ALWAYS, int('0x1adff4f03')]],
    ['CIP-64 on the chain that Celo was', 'celo', 0x7b, {}, ALWAYS],
  ])('%s', (_, family, type, extra, items) => {
    const encoded = encodeReceipt(new RlpWriter(), { ...RECEIPT, ...extra }, type, codecOf(family))
    expect(hexlify(encoded)).toBe(concat([toBeHex(type), encodeRlp(items)]))
  })
})

describe('headers with fields of later forks', () => {
  const header = {
    ...{ parentHash: word('1'), sha3Uncles: word('2'), miner: address('3'), stateRoot: word('4') },
    ...{ transactionsRoot: word('5'), receiptsRoot: word('6'), logsBloom: BLOOM, difficulty: '0x0', number: '0x10' },
    ...{ gasLimit: '0x20', gasUsed: '0x0', timestamp: '0x30', extraData: '0x', mixHash: word('7') },
    ...{ nonce: '0x0000000000000000', baseFeePerGas: '0x7', withdrawalsRoot: word('8'), blobGasUsed: '0x0' },
    ...{ excessBlobGas: '0x0', parentBeaconBlockRoot: word('9'), requestsHash: word('a') },
  }
  const items = [
    ...[word('1'), word('2'), address('3'), word('4'), word('5'), word('6'), BLOOM, '0x', int('0x10'), int('0x20')],
    ...[
      '0x',
      int('0x30'),
      '0x',
      word('7'),
      '0x0000000000000000',
      int('0x7'),
      word('8'),
      '0x',
      '0x',
      word('9'),
      word('a'),
    ],
  ]

  it.each<[string, ChainFamily, RawObject, RlpStructuredDataish]>([
    ['Prague', 'ethereum', {}, items],
    [
      'Amsterdam: access list and slot',
      'ethereum',
      { blockAccessListHash: word('b'), slotNumber: '0x7b' },
      [...items, word('b'), int('0x7b')],
    ],
    [
      "Berachain: the proposer's key",
      'berachain',
      { parentProposerPubkey: `0x${'cd'.repeat(48)}` },
      [...items, `0x${'cd'.repeat(48)}`],
    ],
    ['Polygon: no withdrawals before the requests', 'polygon', { withdrawalsRoot: null }, items.with(16, '0x')],
  ])('%s', (_, family, extra, expected) => {
    const encoded = encodeHeader(new RlpWriter(), { ...header, ...extra }, codecOf(family))
    expect(hexlify(encoded)).toBe(encodeRlp(expected))
  })
})

describe('the family of a chain', () => {
  it.each<[number, ChainFamily]>([
    [1, 'ethereum'],
    [56, 'ethereum'],
    [10, 'op-stack'],
    [8_453, 'op-stack'],
    [42_161, 'arbitrum'],
    [42_220, 'celo'],
    [137, 'polygon'],
    [43_114, 'avalanche'],
    [324, 'foreign'],
    [999_999_999, 'ethereum'],
  ])('%i is %s', (chain, family) => {
    expect(familyOf(chain)).toBe(family)
  })
})
