import { amountOf, hexItems, rawObject } from '../hex'
import { callAndRead } from '../rpc/read-result'
import { PermanentRpcError } from '../rpc/rpc-error'
import type { RpcPool } from '../rpc/rpc-pool'
import { type FeeHistory, type Fees, quoteFees } from './fees'

const BLOCKS = '0xa'
const PERCENTILE = 50

/** What gas costs now; as a legacy gas price on chains without EIP-1559. */
export async function readFees(pool: RpcPool, signal?: AbortSignal): Promise<Fees> {
  const history = await readFeeHistory(pool, signal)
  if (history !== null) return quoteFees(history)
  return { kind: 'legacy', gasPrice: await callAndRead(pool, 'eth_gasPrice', [], { signal }, amountOf) }
}

/** Null on a chain without base fees: no such method, or all of them zero or missing. */
async function readFeeHistory(pool: RpcPool, signal: AbortSignal | undefined): Promise<FeeHistory | null> {
  try {
    return await callAndRead(pool, 'eth_feeHistory', [BLOCKS, 'latest', [PERCENTILE]], { signal }, parseFeeHistory)
  } catch (error) {
    if (error instanceof PermanentRpcError && error.kind === 'method_not_found') return null
    throw error
  }
}

function parseFeeHistory(result: unknown): FeeHistory | null {
  const history = rawObject(result, 'fee history')
  if (!Array.isArray(history['baseFeePerGas']) || history['baseFeePerGas'].length === 0) return null
  const next = hexItems(history, 'baseFeePerGas').at(-1)
  const rewards: readonly unknown[] = Array.isArray(history['reward']) ? history['reward'] : []
  const nextBaseFeePerGas = amountOf(next)
  if (nextBaseFeePerGas === 0n && rewards.length === 0) return null
  return {
    nextBaseFeePerGas,
    medianTips: rewards.flatMap((block) => (Array.isArray(block) ? [amountOf(block[0])] : [])),
  }
}
