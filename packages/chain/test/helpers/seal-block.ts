import { hexlify } from 'ethers'
import { type BlockCodec, codecOf } from '../../src/blocks/block-codec'
import { encodeHeader } from '../../src/blocks/encode-header'
import { encodeReceipt } from '../../src/blocks/encode-receipt'
import { encodeTransaction } from '../../src/blocks/encode-transaction'
import type { Keccak256 } from '../../src/blocks/keccak'
import { type RawBlock, transactionType } from '../../src/blocks/read-block'
import { RlpWriter } from '../../src/blocks/rlp-writer'
import { trieRoot } from '../../src/blocks/trie-root'
import { objectsField, type RawObject } from '../../src/hex'

/** Gives changed contents the roots and hashes that fit them: a block that never was, and adds up. */
export function sealBlock(
  { block, receipts }: RawBlock,
  keccak256: Keccak256,
  codec: BlockCodec = codecOf('ethereum'),
): RawBlock {
  const writer = new RlpWriter()
  const encoded = objectsField(block, 'transactions').map((transaction) =>
    encodeTransaction(writer, transaction, transactionType(transaction), codec),
  )
  const hashes = encoded.map((bytes) => hexlify(keccak256(bytes)))
  const encodedReceipts = receipts.map((receipt) => encodeReceipt(writer, receipt, transactionType(receipt), codec))
  const header = {
    ...block,
    transactionsRoot: hexlify(trieRoot(encoded, keccak256)),
    receiptsRoot: hexlify(trieRoot(encodedReceipts, keccak256)),
  }
  const blockHash = hexlify(keccak256(encodeHeader(writer, header, codec)))
  const placed = (object: RawObject, at: number) => ({ ...object, blockHash, transactionIndex: `0x${at.toString(16)}` })
  return {
    block: {
      ...header,
      hash: blockHash,
      transactions: objectsField(block, 'transactions').map((one, at) => ({ ...placed(one, at), hash: hashes[at] })),
    },
    receipts: receipts.map((receipt, at) => ({
      ...placed(receipt, at),
      transactionHash: hashes[at],
      logs: objectsField(receipt, 'logs').map((log) => ({ ...placed(log, at), transactionHash: hashes[at] })),
    })),
  }
}
