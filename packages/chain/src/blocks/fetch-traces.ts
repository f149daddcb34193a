import { ZERO } from '@ctrip/domain/amount'
import type { CallFrame, TransactionTrace } from '../call-trace'
import {
  addressField,
  amountField,
  hashField,
  MalformedHexError,
  objectsField,
  type RawObject,
  rawObject,
  rawObjects,
} from '../hex'
import { RetryableRpcError } from '../rpc/rpc-error'
import type { RpcPool } from '../rpc/rpc-pool'
import type { VerifiedBlock } from './verified-block'

const TIMEOUT_MS = 30_000
const DEPTH_MAX = 1_024 // the EVM's own limit

export interface FetchTracesOptions {
  readonly signal?: AbortSignal
  /** Asks this provider alone: traces stand in no root, and a second opinion is the only check there is. */
  readonly provider?: string
}

/**
 * Fetches the call traces of a verified block (`debug_traceBlockByHash` with geth's callTracer), and who told them. Checked: each transaction has its trace,
 * whose outermost call is the transaction. Not checked, because nothing proves it: what happened inside.
 *
 * Throws PermanentRpcError of kind `method_not_found` where no provider traces.
 */
export async function fetchTraces(
  pool: RpcPool,
  block: VerifiedBlock,
  options: FetchTracesOptions = {},
): Promise<{ traces: TransactionTrace[]; provider: string }> {
  const params = [block.hash, { tracer: 'callTracer', tracerConfig: { withLog: false } }]
  const { result, provider } = await pool.call('debug_traceBlockByHash', params, { ...options, timeoutMs: TIMEOUT_MS })
  try {
    return { traces: readTraces(block, result), provider }
  } catch (error) {
    if (!(error instanceof MalformedHexError)) throw error
    pool.reportLie(provider, 'trace')
    const details = { chain: pool.chain, provider, method: 'debug_traceBlockByHash', reason: error.message }
    throw new RetryableRpcError('unverified', details)
  }
}

function readTraces(block: VerifiedBlock, result: unknown): TransactionTrace[] {
  const raw = rawObjects(result, 'traces')
  if (raw.length !== block.transactions.length) throw new MalformedHexError('number of traces')
  return block.transactions.map((transaction, at) => {
    const trace = raw[at] as RawObject
    // Older nodes leave the hash out.
    if (trace['txHash'] !== undefined && hashField(trace, 'txHash') !== transaction.hash)
      throw new MalformedHexError('txHash')
    const root = readFrame(rawObject(trace['result'], 'result'), 0)
    const sameCall =
      root.from === transaction.from &&
      root.value === transaction.value &&
      (transaction.to === null || root.to === transaction.to)
    if (!sameCall) throw new MalformedHexError('outermost call')
    if (root.reverted === (transaction.status === 'succeeded')) throw new MalformedHexError('outcome')
    return { transactionHash: transaction.hash, root }
  })
}

function readFrame(raw: RawObject, depth: number): CallFrame {
  if (depth > DEPTH_MAX || typeof raw['type'] !== 'string') throw new MalformedHexError('type')
  return {
    type: raw['type'].toUpperCase(),
    from: addressField(raw, 'from'),
    to: raw['to'] === undefined || raw['to'] === null ? null : addressField(raw, 'to'),
    value: raw['value'] === undefined || raw['value'] === null ? ZERO : amountField(raw, 'value'),
    reverted: raw['error'] !== undefined,
    calls: raw['calls'] === undefined ? [] : objectsField(raw, 'calls').map((call) => readFrame(call, depth + 1)),
  }
}
