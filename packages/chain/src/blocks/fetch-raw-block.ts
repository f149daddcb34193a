import type { Hash } from '@ctrip/domain/hash'
import { hashField, isHash, MalformedHexError, objectsField, type RawObject, rawObject, rawObjects } from '../hex'
import { blockReceiptsMissing } from '../metrics'
import type { RetryableKind } from '../rpc/error-kinds'
import { PermanentRpcError, RetryableRpcError } from '../rpc/rpc-error'
import type { RpcPool } from '../rpc/rpc-pool'
import type { BlockRef } from './block-ref'
import type { RawBlock } from './read-block'

const RECEIPTS_AT_ONCE_MAX = 8
const RECEIPTS = 'eth_getBlockReceipts'
/** After these, the same provider would not answer single requests either. */
const NOT_ASKED_AGAIN: ReadonlySet<RetryableKind> = new Set([
  'timeout',
  'network',
  'rate_limited',
  'unavailable',
  'unchecked',
])

interface Source {
  readonly provider: string
  readonly signal: AbortSignal | undefined
}

/**
 * Fetches a block with all its transactions and receipts from one provider; null where it has no such block. The receipts are
 * asked for by the block's hash, not by its height: after a reorg the height is still there, and is another block.
 *
 * Throws RetryableRpcError of kind `not_ready` where the provider has the block and not all of its receipts.
 */
export async function fetchRawBlock(pool: RpcPool, ref: BlockRef, source: Source): Promise<RawBlock | null> {
  const [method, key] =
    'hash' in ref ? ['eth_getBlockByHash', ref.hash] : ['eth_getBlockByNumber', `0x${ref.number.toString(16)}`]
  const { result } = await pool.call(method, [key, true], source)
  if (result === null) return null
  const block = rawObject(result, 'block')
  const transactions = objectsField(block, 'transactions').map((transaction) => hashField(transaction, 'hash'))
  if (transactions.length === 0) return { block, receipts: [] }
  const hash = hashField(block, 'hash')
  const receipts = await fetchReceipts(pool, hash, transactions, source)
  if (receipts !== null) return { block, receipts }
  blockReceiptsMissing.inc({ chain: pool.chain, provider: source.provider })
  const reason = `block ${Number(block['number'])} ${hash} came without its receipts`
  throw new RetryableRpcError('not_ready', { chain: pool.chain, provider: source.provider, method: RECEIPTS, reason })
}

/** All receipts at once where the provider can, else one by one: some fail on one block, answer a stale list, or know no such method. */
async function fetchReceipts(
  pool: RpcPool,
  blockHash: Hash,
  transactions: readonly Hash[],
  source: Source,
): Promise<readonly RawObject[] | null> {
  if (pool.lacks(source.provider, RECEIPTS)) return fetchEach(pool, transactions, source)
  const receipts = await fetchTogether(pool, blockHash, source)
  if (receipts === null) return fetchEach(pool, transactions, source)
  const named = transactions.slice(0, receipts.length)
  const fits = named.every((hash, at) => belongs(receipts[at] as RawObject, hash, blockHash))
  // Some Polygon nodes leave out the receipt of the state sync, the last transaction.
  if (fits && receipts.length === transactions.length - 1) {
    const last = await fetchEach(pool, transactions.slice(-1), source)
    return last === null ? null : [...receipts, ...last]
  }
  return fits && receipts.length === transactions.length ? receipts : fetchEach(pool, transactions, source)
}

/** Null where single requests may do better. */
async function fetchTogether(pool: RpcPool, blockHash: Hash, source: Source): Promise<readonly RawObject[] | null> {
  try {
    const { result } = await pool.call(RECEIPTS, [blockHash], source)
    return result === null ? null : rawObjects(result, 'receipts')
  } catch (error) {
    if (error instanceof PermanentRpcError || error instanceof MalformedHexError) return null
    if (error instanceof RetryableRpcError && !NOT_ASKED_AGAIN.has(error.kind)) return null
    throw error
  }
}

function belongs(receipt: RawObject, transactionHash: Hash, blockHash: Hash): boolean {
  try {
    return isHash(receipt, 'transactionHash', transactionHash) && isHash(receipt, 'blockHash', blockHash)
  } catch (error) {
    if (error instanceof MalformedHexError) return false
    throw error
  }
}

/** One request a receipt. A receipt names its block, so that a reorg meanwhile is noticed. Null where one of them is missing. */
async function fetchEach(pool: RpcPool, transactions: readonly Hash[], source: Source): Promise<RawObject[] | null> {
  const receipts: RawObject[] = []
  for (let from = 0; from < transactions.length; from += RECEIPTS_AT_ONCE_MAX) {
    const part = transactions.slice(from, from + RECEIPTS_AT_ONCE_MAX)
    const answers = await Promise.all(part.map((hash) => pool.call('eth_getTransactionReceipt', [hash], source)))
    if (answers.some(({ result }) => result === null)) return null
    receipts.push(...answers.map(({ result }) => rawObject(result, 'receipt')))
  }
  return receipts
}
