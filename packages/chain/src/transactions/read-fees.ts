import { amountOf, hexItems, numberField, optionalHexField, type RawObject, rawObject } from '../hex'
import { callAndRead } from '../rpc/read-result'
import { PermanentRpcError, RetryableRpcError } from '../rpc/rpc-error'
import type { CallOptions, RpcPool } from '../rpc/rpc-pool'
import { type FeeHistory, type FeeLimits, type FeeMarket, judgeMarket, medianMarket, needsGasPrice } from './fee-market'

const BLOCKS = '0xa'
const PERCENTILE = 50

/**
 * The price of gas. With a quorum above 1 no single provider's word is taken: each is asked, and the median of their prices counts;
 * unknown where fewer than the quorum tell a price.
 */
export async function readMarket(
  pool: RpcPool,
  limits: FeeLimits,
  quorum: number,
  signal?: AbortSignal,
): Promise<FeeMarket> {
  if (quorum === 1) return readOneMarket(pool, limits, { signal })
  const markets = await Promise.all(pool.ranking().map((provider) => readOneMarket(pool, limits, { signal, provider })))
  const known = markets.filter(({ kind }) => kind !== 'unknown')
  return known.length < quorum ? { kind: 'unknown' } : medianMarket(known)
}

/** Asks a chain's sources about fees and judges what they say. Asks for the newest block and `eth_gasPrice` only where the better sources fail. */
async function readOneMarket(pool: RpcPool, limits: FeeLimits, options: CallOptions): Promise<FeeMarket> {
  const ask = <T>(method: string, params: readonly unknown[], read: (result: unknown) => T) =>
    nullIfFailed(callAndRead(pool, method, params, options, read))
  const [history, suggestedTip] = await Promise.all([
    ask('eth_feeHistory', [BLOCKS, 'latest', [PERCENTILE]], parseFeeHistory),
    ask('eth_maxPriorityFeePerGas', [], amountOf),
  ])
  const latestBaseFee = history === null ? await ask('eth_getBlockByNumber', ['latest', false], parseBaseFee) : null
  const readings = { history, suggestedTip, latestBaseFee }
  const gasPrice = needsGasPrice(readings, limits) ? await ask('eth_gasPrice', [], amountOf) : null
  return judgeMarket({ ...readings, gasPrice }, limits)
}

async function nullIfFailed<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof RetryableRpcError || error instanceof PermanentRpcError) return null
    throw error
  }
}

/** Null on a chain without base fees: there are none, or all there is to see is a zero. */
function parseFeeHistory(result: unknown): FeeHistory | null {
  const history = rawObject(result, 'fee history')
  if (!Array.isArray(history['baseFeePerGas']) || history['baseFeePerGas'].length === 0) return null
  const baseFees = hexItems(history, 'baseFeePerGas').map((fee) => amountOf(fee))
  const rewards: readonly unknown[] = Array.isArray(history['reward']) ? history['reward'] : []
  if (baseFees.at(-1) === 0n && rewards.length === 0) return null
  return { baseFees, medianTips: rewards.flatMap((block, at) => medianTip(history, block, at)) }
}

/** Empty blocks took no tip, and say nothing about tips. */
function medianTip(history: RawObject, block: unknown, at: number): bigint[] {
  const ratios: unknown = history['gasUsedRatio']
  const isEmpty = Array.isArray(ratios) && ratios[at] === 0
  return isEmpty || !Array.isArray(block) || block.length === 0 ? [] : [amountOf(block[0])]
}

function parseBaseFee(result: unknown): bigint | null {
  const block = rawObject(result, 'block')
  numberField(block, 'number')
  return optionalHexField(block, 'baseFeePerGas') === null ? null : amountOf(block['baseFeePerGas'])
}
