import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import type { Hash } from '@ctrip/domain/hash'
import type { Holding } from '@ctrip/domain/reconcile'
import { AbiCoder, concat, ZeroAddress } from 'ethers'
import { decodeUint256, encodeBalanceCall } from './erc20'
import { BalanceReader } from './generated/questions'
import { amountOf, bytesField, type Hex, MalformedHexError } from './hex'
import { callAndRead } from './rpc/read-result'
import { PermanentRpcError } from './rpc/rpc-error'
import type { CallOptions, RpcPool } from './rpc/rpc-pool'

/** Each may burn 200,000 gas; public nodes give an `eth_call` 50 million and more. */
const HOLDINGS_PER_CALL = 100
const CALLS_AT_ONCE = 4
/** For one balance: as much as the reader's contract gives it, and what any call costs. */
const SINGLE_GAS = '0x3d090' // 250,000
const WORD_BYTES = 32
const WORD_DIGITS = 2 * WORD_BYTES

/** A balance; null if the token's contract does not tell: it reverts, burns all gas, or is no contract. */
export type BalanceReading = Amount | null

/** A block by its hash (EIP-1898): a node that does not have just this block fails, instead of telling of another. */
export type BalancesAt = Hash | 'latest'

/**
 * Reads the balances of addresses at a block, in the order asked for: a hundred balances a call, four calls at once. A token that
 * fails makes its own balances null, and no others.
 */
export async function readBalances(
  pool: RpcPool,
  at: BalancesAt,
  holdings: readonly Holding[],
  options: CallOptions = {},
): Promise<BalanceReading[]> {
  const block = at === 'latest' ? at : { blockHash: at }
  const chunks = Array.from({ length: Math.ceil(holdings.length / HOLDINGS_PER_CALL) }, (_, n) =>
    holdings.slice(n * HOLDINGS_PER_CALL, (n + 1) * HOLDINGS_PER_CALL),
  )
  const readings: BalanceReading[] = []
  for (let n = 0; n < chunks.length; n += CALLS_AT_ONCE) {
    const some = chunks.slice(n, n + CALLS_AT_ONCE)
    const read = await Promise.all(some.map((chunk) => readChunk(pool, block, chunk, options)))
    readings.push(...read.flat())
  }
  return readings
}

/** The same of native coin alone, which can always be read. */
export async function readCoinBalances(
  pool: RpcPool,
  blockHash: Hash,
  addresses: readonly Address[],
  options: CallOptions = {},
): Promise<Amount[]> {
  const holdings = addresses.map((address) => ({ address, contract: null }))
  return (await readBalances(pool, blockHash, holdings, options)).map((balance) => {
    assert(balance !== null, 'native coin has no contract that could fail')
    return balance
  })
}

type Block = 'latest' | { readonly blockHash: Hash }

/** One by one where the node does not run the reader: it caps gas too low, or takes no call without a recipient. */
async function readChunk(
  pool: RpcPool,
  block: Block,
  holdings: readonly Holding[],
  options: CallOptions,
): Promise<BalanceReading[]> {
  const together = await readTogether(pool, block, holdings, options)
  return together ?? (await Promise.all(holdings.map((holding) => readOne(pool, block, holding, options))))
}

/** Null where the node does not run the reader. */
async function readTogether(
  pool: RpcPool,
  block: Block,
  holdings: readonly Holding[],
  options: CallOptions,
): Promise<BalanceReading[] | null> {
  const items = concat(holdings.flatMap(({ address, contract }) => [contract ?? ZeroAddress, address]))
  const data = concat([BalanceReader.creation, AbiCoder.defaultAbiCoder().encode(['bytes'], [items])])
  try {
    const { result } = await pool.call('eth_call', [{ data }, block], options)
    return decodeTogether(bytesField({ result }, 'result'), holdings.length)
  } catch (error) {
    if (error instanceof PermanentRpcError || error instanceof MalformedHexError) return null
    throw error
  }
}

function decodeTogether(data: Hex, count: number): BalanceReading[] {
  const words = data.slice(2).match(new RegExp(`.{${WORD_DIGITS}}`, 'g')) ?? []
  if (words.length !== 1 + 2 * count || BigInt(`0x${words[0]}`) !== BigInt(count))
    throw new MalformedHexError('balances')
  return Array.from({ length: count }, (_, n) => {
    const isRead = BigInt(`0x${words[1 + 2 * n]}`) === 1n
    return isRead ? amountOf(`0x${words[2 + 2 * n]}`, 'balance') : null
  })
}

async function readOne(
  pool: RpcPool,
  block: Block,
  { address, contract }: Holding,
  options: CallOptions,
): Promise<BalanceReading> {
  if (contract === null) return callAndRead(pool, 'eth_getBalance', [address, block], options, amountOf)
  const call = { to: contract, data: encodeBalanceCall(address), gas: SINGLE_GAS }
  try {
    return await callAndRead(pool, 'eth_call', [call, block], options, firstWord)
  } catch (error) {
    if (error instanceof PermanentRpcError && error.kind === 'execution_reverted') return null
    throw error
  }
}

/** Some tokens answer with more than one word. */
function firstWord(result: unknown): BalanceReading {
  if (typeof result !== 'string') throw new MalformedHexError('balance')
  return decodeUint256(result.slice(0, 2 + WORD_DIGITS))
}
