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
}

export function lieAbout(
  copy: RawBlock,
  random: Random,
  keccak256: Keccak256,
  other: RawBlock,
): { readonly name: string; readonly copy: RawBlock } {
  const name = random.pick(Object.keys(LIES))
  return { name, copy: LIES[name]?.(copy, keccak256, other) ?? copy }
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
