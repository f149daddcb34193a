import { type Hash, hashFromBytes } from '@ctrip/domain/hash'
import { hashField, MissingFieldError, objectsField, optionalHexField, type RawObject } from '../hex'
import { type BlockCodec, codecOf } from './block-codec'
import { check, NotProvable } from './check-failed'
import { encodeHeader, unknownHeaderFields } from './encode-header'
import { encodeReceipt } from './encode-receipt'
import { encodeTransaction } from './encode-transaction'
import type { Keccak256 } from './keccak'
import { type RawBlock, transactionType, type UnprovenBlock } from './read-block'
import { RlpWriter } from './rlp-writer'
import { trieRoot } from './trie-root'

// keccak-256 of the empty string's RLP: the root of a trie without entries.
const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'

/**
 * Proves that header, transactions and receipts are those of the block's hash. Throws CheckFailed, or NotProvable for a kind of block that we
 * cannot encode. The hash itself is proven by nobody but the chain: which hash is canonical is asked elsewhere.
 */
export function proveBlock(
  raw: RawBlock,
  block: UnprovenBlock,
  keccak256: Keccak256,
  codec: BlockCodec = codecOf('ethereum'),
): void {
  try {
    proveParts(raw, block, { writer: new RlpWriter(), keccak256, codec })
  } catch (error) {
    if (error instanceof MissingFieldError) throw new NotProvable(`the node does not tell: ${error.message}`)
    throw error
  }
}

interface Proof {
  readonly writer: RlpWriter
  readonly keccak256: Keccak256
  readonly codec: BlockCodec
}

function proveParts(raw: RawBlock, block: UnprovenBlock, proof: Proof): void {
  const { writer, keccak256, codec } = proof
  proveHeader(raw.block, block.hash, proof)
  // Transactions that no root holds are left out, and marked as not proven.
  const committed = block.transactions.filter((transaction) => transaction.proven)
  const rawTransactions = objectsField(raw.block, 'transactions')
  const types = rawTransactions.map(transactionType)
  const transactions = committed.map(({ index, hash }) => {
    const encoded = encodeTransaction(writer, rawTransactions[index] as RawObject, types[index] ?? 0, codec)
    check('transaction_hash', hashFromBytes(keccak256(encoded)) === hash, `transaction ${index} has another hash`)
    return encoded
  })
  checkRoot('transactions_root', hashField(raw.block, 'transactionsRoot'), transactions, keccak256)
  if (codec.settlesLater !== null && optionalHexField(raw.block, codec.settlesLater) !== null)
    throw new NotProvable('its receipts stand in the header of a later block')
  const receipts = committed.map(({ index }) =>
    encodeReceipt(writer, raw.receipts[index] as RawObject, types[index] ?? 0, codec),
  )
  checkRoot('receipts_root', hashField(raw.block, 'receiptsRoot'), receipts, keccak256)
  proveLogIndexes(block)
}

function proveHeader(block: RawObject, hash: Hash, { writer, keccak256, codec }: Proof): void {
  if (hashFromBytes(keccak256(encodeHeader(writer, block, codec))) === hash) return
  const unknown = unknownHeaderFields(block, codec)
  if (unknown.length > 0) throw new NotProvable(`unknown header fields: ${unknown.join(', ')}`)
  if (isTendermint(block)) throw new NotProvable('Tendermint header')
  check('header_hash', false, 'the header has another hash')
}

/** Ethermint (Cronos, Evmos) dresses a Tendermint header up as Ethereum's: no proof of work or stake, no extra data, and no receipts root. */
function isTendermint(block: RawObject): boolean {
  const isZero = (field: string) => /^0x0*$/.test(optionalHexField(block, field) ?? '')
  return ['difficulty', 'nonce', 'mixHash', 'extraData'].every(isZero) && block['receiptsRoot'] === EMPTY_ROOT
}

function checkRoot(
  name: 'transactions_root' | 'receipts_root',
  root: Hash,
  values: readonly Uint8Array[],
  keccak256: Keccak256,
): void {
  check(name, hashFromBytes(trieRoot(values, keccak256)) === root, `${values.length} values have another root`)
}

/** The receipts prove the logs and their order; an index is only a name for the place, and must be that place. */
function proveLogIndexes(block: UnprovenBlock): void {
  block.logs.forEach((log, at) => {
    const proven = block.transactions[log.transactionIndex]?.proven === true
    check('log_index', !proven || log.logIndex === at, `log ${at} is numbered ${log.logIndex}`)
  })
}
