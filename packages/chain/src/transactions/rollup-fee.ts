import { type Address, parseAddress } from '@ctrip/domain/address'
import { type Amount, amount, sum, ZERO } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import { Interface } from 'ethers'
import { amountField, amountOf, optionalHexField, type RawObject } from '../hex'
import { callAndRead } from '../rpc/read-result'
import { PermanentRpcError } from '../rpc/rpc-error'
import type { CallOptions, RpcPool } from '../rpc/rpc-pool'
import { readCode } from './account'

// https://docs.optimism.io/stack/transactions/fees
const GAS_PRICE_ORACLE = knownAddress('0x420000000000000000000000000000000000000f')
const oracle = new Interface([
  'function getL1FeeUpperBound(uint256 rawBytes) view returns (uint256)',
  'function getOperatorFee(uint256 gas) view returns (uint256)',
])

/** Whether a chain is of the OP stack: others have no contract at its oracle's address. */
export async function hasGasPriceOracle(pool: RpcPool, options: CallOptions): Promise<boolean> {
  return (await readCode(pool, GAS_PRICE_ORACLE, options)) !== '0x'
}

/**
 * The most that an OP-stack chain charges besides gas, in wei: for a transaction's bytes on L1, and its operator's fee, which a sender
 * must have for the whole gas limit. Chains before Isthmus know no operator's fee.
 */
export async function readRollupFee(
  pool: RpcPool,
  rawBytes: number,
  gasLimit: bigint,
  options: CallOptions,
): Promise<Amount> {
  const ask = (method: 'getL1FeeUpperBound' | 'getOperatorFee', argument: bigint) => {
    const call = { to: GAS_PRICE_ORACLE, data: oracle.encodeFunctionData(method, [argument]) }
    return callAndRead(pool, 'eth_call', [call, 'latest'], options, amountOf)
  }
  return sum([await ask('getL1FeeUpperBound', BigInt(rawBytes)), await zeroIfUnknown(ask('getOperatorFee', gasLimit))])
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
