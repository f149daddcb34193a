import { hashField, objectsField, type RawObject, rawObject, rawObjects } from '../hex'
import { PermanentRpcError } from '../rpc/rpc-error'
import type { RpcPool } from '../rpc/rpc-pool'
import type { BlockRef } from './block-ref'
import type { RawBlock } from './read-block'

const RECEIPTS_AT_ONCE_MAX = 8

interface Source {
  readonly provider: string
  readonly signal: AbortSignal | undefined
}

/**
 * Fetches a block with all its transactions and receipts from one provider; null where it has not all of it. The receipts are
 * asked for by the block's hash, not by its height: after a reorg the height is still there, and is another block.
 */
export async function fetchRawBlock(pool: RpcPool, ref: BlockRef, source: Source): Promise<RawBlock | null> {
  const [method, key] =
    'hash' in ref ? ['eth_getBlockByHash', ref.hash] : ['eth_getBlockByNumber', `0x${ref.number.toString(16)}`]
  const { result } = await pool.call(method, [key, true], source)
  if (result === null) return null
  const block = rawObject(result, 'block')
  const transactions = objectsField(block, 'transactions').map((transaction) => hashField(transaction, 'hash'))
  const receipts =
    transactions.length === 0 ? [] : await fetchReceipts(pool, hashField(block, 'hash'), transactions, source)
  return receipts === null ? null : { block, receipts }
}

async function fetchReceipts(
  pool: RpcPool,
  blockHash: string,
  transactions: readonly string[],
  source: Source,
): Promise<readonly RawObject[] | null> {
  if (pool.lacks(source.provider, 'eth_getBlockReceipts')) return fetchEach(pool, transactions, source)
  try {
    const { result } = await pool.call('eth_getBlockReceipts', [blockHash], source)
    if (result === null) return null
    const receipts = rawObjects(result, 'receipts')
    // Some Polygon nodes leave out the receipt of the state sync, the last transaction.
    if (receipts.length !== transactions.length - 1) return receipts
    const last = await fetchEach(pool, transactions.slice(-1), source)
    return last === null ? null : [...receipts, ...last]
  } catch (error) {
    if (error instanceof PermanentRpcError && error.kind === 'method_not_found')
      return fetchEach(pool, transactions, source)
    throw error
  }
}

/** One request a receipt, for nodes without `eth_getBlockReceipts`. A receipt names its block, so that a reorg meanwhile is noticed. */
async function fetchEach(pool: RpcPool, transactions: readonly string[], source: Source): Promise<RawObject[] | null> {
  const receipts: RawObject[] = []
  for (let from = 0; from < transactions.length; from += RECEIPTS_AT_ONCE_MAX) {
    const part = transactions.slice(from, from + RECEIPTS_AT_ONCE_MAX)
    const answers = await Promise.all(part.map((hash) => pool.call('eth_getTransactionReceipt', [hash], source)))
    if (answers.some(({ result }) => result === null)) return null
    receipts.push(...answers.map(({ result }) => rawObject(result, 'receipt')))
  }
  return receipts
}
