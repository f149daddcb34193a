import type { Address } from '@ctrip/domain/address'
import { type Amount, amount, sum, ZERO } from '@ctrip/domain/amount'
import type { Hash } from '@ctrip/domain/hash'
import type { MinedAttempt } from '@ctrip/domain/sweep/sweep'
import {
  addressField,
  amountField,
  hashField,
  MalformedHexError,
  numberField,
  optionalHexField,
  rawObject,
} from '../hex'
import { callAndRead } from '../rpc/read-result'
import { RetryableRpcError } from '../rpc/rpc-error'
import type { CallOptions, RpcPool } from '../rpc/rpc-pool'
import { operatorFeeOf } from './rollup-fee'

/** How a transaction of ours went, as one provider tells. What it moved is read from the verified block of `blockHash`. */
export interface MinedReceipt {
  readonly transactionHash: Hash
  readonly blockHash: Hash
  readonly blockNumber: number
  readonly transactionIndex: number
  readonly succeeded: boolean
  readonly gasUsed: bigint
  readonly effectiveGasPrice: bigint
  /** The rollup's charge for data on L1 and for its operator, in wei; zero elsewhere. */
  readonly rollupFeeWei: Amount
  readonly contractAddress: Address | null
  /** Whether the block of that height still is this one. A node may hold on to a receipt of an orphaned block. */
  readonly canonical: boolean
}

export interface ReadReceiptOptions {
  readonly signal?: AbortSignal
  /** Asks this provider alone. */
  readonly provider?: string
}

/**
 * Looks a transaction up; null where no provider that answered knows it as mined. Receipt and canonical hash come from
 * one provider: of two at different heights they would prove nothing. Throws where no provider answered.
 */
export async function readReceipt(
  pool: RpcPool,
  hash: Hash,
  options: ReadReceiptOptions = {},
): Promise<MinedReceipt | null> {
  let failure: Error | null = pool.nobodyToAsk('eth_getTransactionReceipt')
  for (const provider of options.provider === undefined ? pool.ranking() : [options.provider]) {
    try {
      const receipt = await readFrom(pool, hash, { signal: options.signal, provider })
      if (receipt !== null) return receipt
      failure = null
    } catch (error) {
      if (!(error instanceof RetryableRpcError)) throw error
      failure &&= error
    }
  }
  if (failure !== null) throw failure
  return null
}

/** Where a transaction was mined, and what it cost: a rollup charges for data beside the gas. */
export function minedAttempt(receipt: MinedReceipt): MinedAttempt {
  return {
    hash: receipt.transactionHash,
    blockHash: receipt.blockHash,
    blockNumber: receipt.blockNumber,
    gasUsed: receipt.gasUsed,
    feePaid: amount(receipt.gasUsed * receipt.effectiveGasPrice + receipt.rollupFeeWei),
  }
}

async function readFrom(pool: RpcPool, hash: Hash, options: CallOptions): Promise<MinedReceipt | null> {
  const receipt = await callAndRead(pool, 'eth_getTransactionReceipt', [hash], options, (result) =>
    parseReceipt(result, hash),
  )
  if (receipt === null) return null
  const height = `0x${receipt.blockNumber.toString(16)}`
  const canonicalHash = await callAndRead(pool, 'eth_getBlockByNumber', [height, false], options, (result) =>
    result === null ? null : hashField(rawObject(result, 'block'), 'hash'),
  )
  return { ...receipt, canonical: canonicalHash === receipt.blockHash }
}

function parseReceipt(result: unknown, hash: Hash): Omit<MinedReceipt, 'canonical'> | null {
  if (result === null) return null
  const receipt = rawObject(result, 'receipt')
  if (hashField(receipt, 'transactionHash') !== hash) throw new MalformedHexError('transactionHash')
  const gasUsed = amountField(receipt, 'gasUsed')
  const l1Fee = optionalHexField(receipt, 'l1Fee') === null ? ZERO : amountField(receipt, 'l1Fee')
  return {
    transactionHash: hash,
    blockHash: hashField(receipt, 'blockHash'),
    blockNumber: numberField(receipt, 'blockNumber'),
    transactionIndex: numberField(receipt, 'transactionIndex'),
    succeeded: numberField(receipt, 'status') === 1,
    gasUsed,
    effectiveGasPrice: amountField(receipt, 'effectiveGasPrice'),
    rollupFeeWei: sum([l1Fee, operatorFeeOf(receipt, gasUsed)]),
    contractAddress:
      optionalHexField(receipt, 'contractAddress') === null ? null : addressField(receipt, 'contractAddress'),
  }
}
