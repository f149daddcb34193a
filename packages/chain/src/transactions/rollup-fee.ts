import { type Address, parseAddress } from '@ctrip/domain/address'
import { type Amount, amount, sum, ZERO } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import { isError } from '@ctrip/telemetry/errors'
import { Interface } from 'ethers'
import { amountField, amountOf, bytesField, optionalHexField, type RawObject } from '../hex'
import { readAgreed } from '../read-agreed'
import { callAndRead } from '../rpc/read-result'
import { PermanentRpcError, RetryableRpcError } from '../rpc/rpc-error'
import type { CallOptions, RpcPool } from '../rpc/rpc-pool'

// https://docs.optimism.io/stack/transactions/fees
const GAS_PRICE_ORACLE = knownAddress('0x420000000000000000000000000000000000000f')
const oracle = new Interface([
  'function getL1FeeUpperBound(uint256 rawBytes) view returns (uint256)',
  'function getOperatorFee(uint256 gas) view returns (uint256)',
])

/** A whole coin for one transaction: no chain charges that, and a fee that is not proven must have a bound. */
const ABSURD_WEI = 10n ** 18n

/** Whether a chain is of the OP stack: others have no contract at its oracle's address. As `quorum` providers say it. */
export function hasGasPriceOracle(
  pool: RpcPool,
  quorum: number,
  options: Pick<CallOptions, 'signal'>,
): Promise<boolean> {
  const read = (code: unknown) => bytesField({ code }, 'code') !== '0x'
  return readAgreed(pool, quorum, { method: 'eth_getCode', params: [GAS_PRICE_ORACLE, 'latest'], read }, options)
}

/**
 * The most that an OP-stack chain charges besides gas, in wei: for a transaction's bytes on L1, and its operator's fee, which a sender
 * must have for the whole gas limit. Chains before Isthmus know no operator's fee. With a quorum above one, the lower median of what
 * the providers say, since their newest blocks differ and one of them may lie: this money is handed to addresses.
 * Throws RetryableRpcError where fewer than `quorum` answer, or the answer is a whole coin or more.
 */
export async function readRollupFee(
  pool: RpcPool,
  quorum: number,
  rawBytes: number,
  gasLimit: bigint,
  options: Pick<CallOptions, 'signal'>,
): Promise<Amount> {
  const names = quorum === 1 ? [undefined] : pool.status().map(({ name }) => name)
  const answers = await Promise.allSettled(
    names.map((provider) => askOracle(pool, rawBytes, gasLimit, { ...options, ...(provider && { provider }) })),
  )
  options.signal?.throwIfAborted()
  const fees = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])).sort(ascending)
  const median = fees[(fees.length - 1) >> 1]
  if (median !== undefined && fees.length >= quorum && median < ABSURD_WEI) return median
  const failures = answers.map((answer) => (answer.status === 'rejected' ? (answer.reason as unknown) : null))
  const failure = failures.find((reason) => isError(reason))
  if (fees.length < quorum && failure !== undefined) throw failure
  const reason = `a fee for data that no chain charges: ${median} wei`
  throw new RetryableRpcError('unverified', { chain: pool.chain, provider: 'all', method: 'eth_call', reason })
}

async function askOracle(pool: RpcPool, rawBytes: number, gasLimit: bigint, options: CallOptions): Promise<Amount> {
  const ask = (method: 'getL1FeeUpperBound' | 'getOperatorFee', argument: bigint) => {
    const call = { to: GAS_PRICE_ORACLE, data: oracle.encodeFunctionData(method, [argument]) }
    return callAndRead(pool, 'eth_call', [call, 'latest'], options, amountOf)
  }
  return sum([await ask('getL1FeeUpperBound', BigInt(rawBytes)), await zeroIfUnknown(ask('getOperatorFee', gasLimit))])
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The operator's fee in a receipt; zero on other chains, and before Isthmus. */
export function operatorFeeOf(receipt: RawObject, gasUsed: bigint): Amount {
  const scalar = optionalAmount(receipt, 'operatorFeeScalar')
  const constant = optionalAmount(receipt, 'operatorFeeConstant')
  // Jovian counts in other units, and is known by another field that came with it.
  const isJovian = optionalHexField(receipt, 'daFootprintGasScalar') !== null
  return amount((isJovian ? gasUsed * scalar * 100n : (gasUsed * scalar) / 1_000_000n) + constant)
}

function optionalAmount(receipt: RawObject, field: string): Amount {
  return optionalHexField(receipt, field) === null ? ZERO : amountField(receipt, field)
}

async function zeroIfUnknown(fee: Promise<Amount>): Promise<Amount> {
  try {
    return await fee
  } catch (error) {
    if (error instanceof PermanentRpcError && error.kind === 'execution_reverted') return ZERO
    throw error
  }
}

function knownAddress(text: string): Address {
  const address = parseAddress(text)
  assert(address !== null, `${text} is an address`)
  return address
}
