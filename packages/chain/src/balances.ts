import type { Amount } from '@ctrip/domain/amount'
import type { Hash } from '@ctrip/domain/hash'
import type { Holding } from '@ctrip/domain/reconcile'
import { Interface } from 'ethers'
import { decodeUint256, encodeBalanceCall } from './erc20'
import { amountOf, bytesField, type Hex, MalformedHexError } from './hex'
import { callAndRead } from './rpc/read-result'
import type { CallOptions, RpcPool } from './rpc/rpc-pool'

/** At this address on nearly every chain (https://github.com/mds1/multicall3). */
const MULTICALL3 = '0xca11bde05977b3631167028862be2a173976ca11'
const HOLDINGS_PER_CALL = 200
const CALLS_AT_ONCE = 4

const multicall = new Interface([
  'function aggregate3((address target, bool allowFailure, bytes callData)[]) view returns ((bool success, bytes returnData)[])',
  'function getEthBalance(address) view returns (uint256)',
])

/**
 * What addresses hold at a block, in the order asked for: two hundred balances a call where the chain has Multicall3,
 * else one, and four calls at once in either case. By the block's hash (EIP-1898): a node that does not have just this
 * block fails, instead of telling of another.
 */
export async function readBalances(
  pool: RpcPool,
  blockHash: Hash,
  holdings: readonly Holding[],
  options: CallOptions = {},
): Promise<Amount[]> {
  if (holdings.length === 0) return []
  const block = { blockHash }
  const code = await callAndRead(pool, 'eth_getCode', [MULTICALL3, block], options, (result) =>
    bytesField({ code: result }, 'code'),
  )
  const size = code === '0x' ? 1 : HOLDINGS_PER_CALL
  const chunks = Array.from({ length: Math.ceil(holdings.length / size) }, (_, n) =>
    holdings.slice(n * size, (n + 1) * size),
  )
  const balances: Amount[] = []
  for (let at = 0; at < chunks.length; at += CALLS_AT_ONCE) {
    const some = chunks.slice(at, at + CALLS_AT_ONCE)
    const read = await Promise.all(
      some.map((chunk) =>
        size === 1 ? readSingly(pool, block, chunk, options) : readTogether(pool, block, chunk, options),
      ),
    )
    balances.push(...read.flat())
  }
  return balances
}

interface Block {
  readonly blockHash: Hash
}

function readTogether(
  pool: RpcPool,
  block: Block,
  holdings: readonly Holding[],
  options: CallOptions,
): Promise<Amount[]> {
  const calls = holdings.map(({ address, contract }) => ({
    target: contract ?? MULTICALL3,
    allowFailure: false,
    callData: contract === null ? multicall.encodeFunctionData('getEthBalance', [address]) : encodeBalanceCall(address),
  }))
  const call = { to: MULTICALL3, data: multicall.encodeFunctionData('aggregate3', [calls]) }
  return callAndRead(pool, 'eth_call', [call, block], options, (result) => decodeTogether(result, holdings.length))
}

function decodeTogether(result: unknown, count: number): Amount[] {
  const data: Hex = bytesField({ balances: result }, 'balances')
  const answers = decodeAnswers(data)
  if (answers.length !== count) throw new MalformedHexError('balances')
  return answers.map(wordOf)
}

function decodeAnswers(data: Hex): unknown[] {
  try {
    const [answers] = multicall.decodeFunctionResult('aggregate3', data)
    return [...(answers as Iterable<{ returnData: unknown }>)].map(({ returnData }) => returnData)
  } catch {
    throw new MalformedHexError('balances') // whatever ethers found wrong with it: it is the provider's failure
  }
}

function readSingly(
  pool: RpcPool,
  block: Block,
  holdings: readonly Holding[],
  options: CallOptions,
): Promise<Amount[]> {
  return Promise.all(
    holdings.map(({ address, contract }) =>
      contract === null
        ? callAndRead(pool, 'eth_getBalance', [address, block], options, amountOf)
        : callAndRead(pool, 'eth_call', [{ to: contract, data: encodeBalanceCall(address) }, block], options, wordOf),
    ),
  )
}

function wordOf(data: unknown): Amount {
  const balance = decodeUint256(data)
  if (balance === null) throw new MalformedHexError('balance')
  return balance
}
