import type { Address } from '@ctrip/domain/address'
import type { Hash } from '@ctrip/domain/hash'
import { AbiCoder, concat } from 'ethers'
import { FeedReader } from '../generated/questions'
import { bytesField, type Hex, MalformedHexError } from '../hex'
import { callAndRead } from '../rpc/read-result'
import { PermanentRpcError } from '../rpc/rpc-error'
import type { CallOptions, RpcPool } from '../rpc/rpc-pool'

/** The latest round of a feed as its contract gives it; times are Unix time in seconds. */
export interface RawRound {
  readonly decimals: bigint
  readonly roundId: bigint
  readonly answer: bigint
  readonly startedAt: bigint
  readonly updatedAt: bigint
}

/** Null where the contract does not respond like a feed: it reverts, burns all gas, or is no contract. */
export type FeedAnswer = RawRound | null

/** A feed may burn 550,000 gas; public nodes give an `eth_call` 50 million and more. */
const FEEDS_PER_CALL = 50
const SINGLE_GAS = '0x927c0' // 600,000
const WORD_DIGITS = 64
const WORDS_PER_FEED = 6
const DECIMALS_CALL = '0x313ce567'
const ROUND_CALL = '0xfeaf968c'

/**
 * Reads feeds at a block (by its hash, EIP-1898) from one provider, in the order asked for: fifty a call. A node that does not run the reader
 * is asked feed by feed.
 */
export async function readFeeds(
  pool: RpcPool,
  blockHash: Hash,
  feeds: readonly Address[],
  options: CallOptions,
): Promise<FeedAnswer[]> {
  const answers: FeedAnswer[] = []
  for (let n = 0; n < feeds.length; n += FEEDS_PER_CALL) {
    const some = feeds.slice(n, n + FEEDS_PER_CALL)
    answers.push(
      ...((await readTogether(pool, blockHash, some, options)) ?? (await readEach(pool, blockHash, some, options))),
    )
  }
  return answers
}

/** Null where the node does not run the reader: it caps gas too low, or takes no call without a recipient. */
async function readTogether(
  pool: RpcPool,
  blockHash: Hash,
  feeds: readonly Address[],
  options: CallOptions,
): Promise<FeedAnswer[] | null> {
  const data = concat([FeedReader.creation, AbiCoder.defaultAbiCoder().encode(['bytes'], [concat(feeds)])])
  try {
    const { result } = await pool.call('eth_call', [{ data }, { blockHash }], options)
    return decodeTogether(bytesField({ result }, 'result'), feeds.length)
  } catch (error) {
    if (error instanceof PermanentRpcError || error instanceof MalformedHexError) return null
    throw error
  }
}

function decodeTogether(data: Hex, count: number): FeedAnswer[] {
  const words = wordsOf(data)
  if (words.length !== 1 + WORDS_PER_FEED * count || words[0] !== BigInt(count)) throw new MalformedHexError('feeds')
  return Array.from({ length: count }, (_, n) => {
    const [isRead, decimals, ...round] = words.slice(1 + WORDS_PER_FEED * n)
    return isRead === 1n && decimals !== undefined ? toRound(decimals, round) : null
  })
}

async function readEach(
  pool: RpcPool,
  blockHash: Hash,
  feeds: readonly Address[],
  options: CallOptions,
): Promise<FeedAnswer[]> {
  const answers: FeedAnswer[] = []
  for (const feed of feeds) {
    const [decimals] = (await callFeed(pool, blockHash, { to: feed, data: DECIMALS_CALL }, options)) ?? []
    const round = await callFeed(pool, blockHash, { to: feed, data: ROUND_CALL }, options)
    answers.push(decimals === undefined || round === null ? null : toRound(decimals, round))
  }
  return answers
}

async function callFeed(
  pool: RpcPool,
  blockHash: Hash,
  call: { readonly to: Address; readonly data: Hex },
  options: CallOptions,
): Promise<bigint[] | null> {
  try {
    return await callAndRead(pool, 'eth_call', [{ ...call, gas: SINGLE_GAS }, { blockHash }], options, (result) =>
      wordsOf(bytesField({ result }, 'result')),
    )
  } catch (error) {
    if (error instanceof PermanentRpcError && error.kind === 'execution_reverted') return null
    throw error
  }
}

function toRound(decimals: bigint, [roundId, answer, startedAt, updatedAt]: readonly bigint[]): FeedAnswer {
  if (roundId === undefined || answer === undefined || startedAt === undefined || updatedAt === undefined) return null
  return { decimals, roundId, answer: BigInt.asIntN(256, answer), startedAt, updatedAt }
}

/** Whole words alone: a few bytes behind them say nothing. */
function wordsOf(data: Hex): bigint[] {
  return (data.slice(2).match(new RegExp(`.{${WORD_DIGITS}}`, 'g')) ?? []).map((word) => BigInt(`0x${word}`))
}
