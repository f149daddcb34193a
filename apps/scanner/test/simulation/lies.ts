import { encodeTransaction } from '@ctrip/chain/blocks/encode-transaction'
import type { Keccak256 } from '@ctrip/chain/blocks/keccak'
import type { RawBlock } from '@ctrip/chain/blocks/read-block'
import { RlpWriter } from '@ctrip/chain/blocks/rlp-writer'
import { objectsField, type RawObject } from '@ctrip/chain/hex'
import { hashFromBytes } from '@ctrip/domain/hash'
import type { Random } from './random'

type Lie = (copy: RawBlock, keccak256: Keccak256, other: RawBlock) => RawBlock

/** What providers have been seen to send in place of a block. Each must be noticed, or change nothing that counts. */
const LIES: Readonly<Record<string, Lie>> = {
  'no transactions': ({ block }) => ({ block: { ...block, transactions: [] }, receipts: [] }),
  'no receipts': ({ block }) => ({ block, receipts: [] }),
  truncated: ({ block, receipts }) => ({
    block: { ...block, transactions: objectsField(block, 'transactions').slice(0, -1) },
    receipts: receipts.slice(0, -1),
  }),
  'without logs': ({ block, receipts }) => ({ block, receipts: receipts.map((receipt) => ({ ...receipt, logs: [] })) }),
  duplicated: ({ block, receipts }) => ({
    block: { ...block, transactions: objectsField(block, 'transactions').flatMap((one) => [one, one]) },
    receipts: receipts.flatMap((receipt) => [receipt, receipt]),
  }),
  "another block's contents": ({ block }, _keccak256, other) => ({
    block: { ...other.block, hash: block['hash'], number: block['number'], parentHash: block['parentHash'] },
    receipts: other.receipts,
  }),
  'forged outcome': ({ block, receipts }) => ({
    block,
    receipts: receipts.map((receipt) => ({ ...receipt, status: receipt['status'] === '0x1' ? '0x0' : '0x1' })),
  }),
  'forged logs': ({ block, receipts }) => ({
    block,
    receipts: receipts.map((receipt) => ({
      ...receipt,
      logs: objectsField(receipt, 'logs').map((log) => ({ ...log, data: `0x${'7'.repeat(64)}` })),
    })),
  }),
  'forged value': ({ block, receipts }) => ({
    block: { ...block, transactions: objectsField(block, 'transactions').map(richer) },
    receipts,
  }),
  'forged value, and the hash that fits it': forgeWithHashes,
  malformed: ({ block, receipts }) => ({ block: { ...block, transactions: 'none' }, receipts }),
  'each address pays itself': ({ block, receipts }) => ({
    block: { ...block, transactions: objectsField(block, 'transactions').map((one) => ({ ...one, from: one['to'] })) },
    receipts,
  }),
  'an outcome told as a root': ({ block, receipts }) => ({
    block,
    receipts: receipts.map(({ status, ...receipt }) => ({ ...receipt, root: status === '0x1' ? '0x01' : '0x' })),
  }),
}

/** Told by a treacherous provider alone: copies that are no proof and no refusal. Never as many of them as the quorum. */
const UNPROVABLE_LIES: Readonly<Record<string, Lie>> = {
  'forged value under a true hash': (copy) => foreign({ ...copy, block: valued(copy.block, richer) }),
  'no payments under a true hash': (copy) => foreign({ ...copy, block: valued(copy.block, poorer) }),
  'no logs under a true hash': (copy) =>
    foreign({ ...copy, receipts: copy.receipts.map((receipt) => ({ ...receipt, logs: [] })) }),
  'failures under a true hash': (copy) =>
    foreign({ ...copy, receipts: copy.receipts.map((receipt) => ({ ...receipt, status: '0x0' })) }),
  'other senders under a true hash': (copy) =>
    foreign({ ...copy, block: valued(copy.block, (one) => ({ ...one, from: one['to'] })) }),
}

export function lieAbout(
  copy: RawBlock,
  random: Random,
  keccak256: Keccak256,
  other: RawBlock,
  treacherous: boolean,
): RawBlock {
  const lies = treacherous ? { ...LIES, ...UNPROVABLE_LIES } : LIES
  return lies[random.pick(Object.keys(lies))]?.(copy, keccak256, other) ?? copy
}

/** A header that we cannot encode: it may be another chain's, or a fork's that is to come. */
function foreign({ block, receipts }: RawBlock): RawBlock {
  return { block: { ...block, gasUsed: '0x1', unknownField: '0x1' }, receipts }
}

function valued(block: RawObject, change: (transaction: RawObject) => RawObject): RawObject {
  return { ...block, transactions: objectsField(block, 'transactions').map(change) }
}

function poorer(transaction: RawObject): RawObject {
  return { ...transaction, value: '0x0' }
}

/** Only the root of the transactions can tell. */
function forgeWithHashes({ block, receipts }: RawBlock, keccak256: Keccak256): RawBlock {
  const transactions = objectsField(block, 'transactions').map((transaction) => {
    const forged = richer(transaction)
    return { ...forged, hash: hashFromBytes(keccak256(encodeTransaction(new RlpWriter(), forged, 2))) }
  })
  const renamed = (object: RawObject, at: number) => ({ ...object, transactionHash: transactions[at]?.hash })
  return {
    block: { ...block, transactions },
    receipts: receipts.map((receipt, at) => ({
      ...renamed(receipt, at),
      logs: objectsField(receipt, 'logs').map((log) => renamed(log, at)),
    })),
  }
}

function richer(transaction: RawObject): RawObject {
  return { ...transaction, value: '0xffffffffffff' }
}
