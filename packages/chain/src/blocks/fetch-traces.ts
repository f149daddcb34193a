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
import type { VerifiedBlock, VerifiedTransaction } from './verified-block'

export const TRACE_METHOD = 'debug_traceBlockByHash'
const TIMEOUT_MS = 30_000
const ZERO_ADDRESS = `0x${'0'.repeat(40)}`
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
  const { result, provider } = await pool.call(TRACE_METHOD, params, { ...options, timeoutMs: TIMEOUT_MS })
  try {
    return { traces: readTraces(block, result), provider }
  } catch (error) {
    if (!(error instanceof MalformedHexError)) throw error
    pool.reportLie(provider, 'trace')
    const details = { chain: pool.chain, provider, method: TRACE_METHOD, reason: error.message }
    throw new RetryableRpcError('unverified', details)
  }
}

function readTraces(block: VerifiedBlock, result: unknown): TransactionTrace[] {
  const raw = rawObjects(result, 'traces')
  // Polygon's nodes do not trace the state sync, which is no transaction: nobody signs for the zero address.
  const all = raw.length === block.transactions.length
  const traced = all
    ? block.transactions
    : block.transactions.filter(({ from, to }) => from !== ZERO_ADDRESS || to !== ZERO_ADDRESS)
  if (raw.length !== traced.length) throw new MalformedHexError('number of traces')
  return traced.map((transaction, at) => readTrace(transaction, raw[at] as RawObject))
}

function readTrace(transaction: VerifiedTransaction, trace: RawObject): TransactionTrace {
  // Older nodes leave the hash out.
  const named = trace['txHash'] !== undefined
  if (named && hashField(trace, 'txHash') !== transaction.hash) throw new MalformedHexError('txHash')
  const root = readFrame(rawObject(trace['result'], 'result'), 0)
  const { to, value, status } = transaction
  // Not by the sender: what the block says of it is one provider's word, and would stop the chain where it is wrong.
  const sameCall = root.value === value && (to === null || root.to === to)
  if (!sameCall) throw new MalformedHexError('outermost call')
  if (status !== 'unknown' && root.reverted !== (status === 'failed')) throw new MalformedHexError('outcome')
  return { transactionHash: transaction.hash, root }
}

function readFrame(raw: RawObject, depth: number): CallFrame {
  if (depth > DEPTH_MAX || typeof raw['type'] !== 'string') throw new MalformedHexError('type')
  return {
    type: raw['type'].toUpperCase(),
    from: addressField(raw, 'from'),
    to: raw['to'] === undefined || raw['to'] === null ? null : addressField(raw, 'to'),
    value: raw['value'] === undefined || raw['value'] === null ? ZERO : amountField(raw, 'value'),
    reverted: raw['error'] !== undefined && raw['error'] !== null,
    calls: raw['calls'] === undefined ? [] : objectsField(raw, 'calls').map((call) => readFrame(call, depth + 1)),
  }
}
