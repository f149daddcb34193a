import type { Hash } from '@ctrip/domain/hash'
import { isCredibleTime } from './blocks/credible-time'
import { hashField, MalformedHexError, numberField, rawObject } from './hex'
import type { EachAnswer, RpcPool } from './rpc/rpc-pool'

export type BlockTag = 'latest' | 'safe' | 'finalized'

/** What one provider says of a block: a claim, not a proof. */
export interface BlockClaim {
  readonly provider: string
  readonly number: number
  readonly hash: Hash
  readonly parentHash: Hash
  /** Unix time in seconds. */
  readonly timestamp: number
}

/** A provider's answer to the question for its head: its claim, or why there is none. */
export interface HeadAnswer {
  readonly provider: string
  readonly claim: BlockClaim | null
  readonly error: string | null
}

const TIMEOUT_MS = 5_000

/** Asks every provider for its block of this tag; who fails or has none is left out. Polling this also probes who was cut off. */
export async function readTag(pool: RpcPool, tag: BlockTag, signal?: AbortSignal): Promise<BlockClaim[]> {
  const claims = claimsOf(await pool.each('eth_getBlockByNumber', [tag, false], { signal, timeoutMs: TIMEOUT_MS }))
  if (tag === 'latest') for (const claim of claims) pool.noteHead(claim.provider, claim.number)
  return claims
}

/** Asks every provider for its newest block, and keeps why one does not say. */
export async function askHeads(pool: RpcPool, signal?: AbortSignal): Promise<HeadAnswer[]> {
  const answers = await pool.each('eth_getBlockByNumber', ['latest', false], { signal, timeoutMs: TIMEOUT_MS })
  const heads = answers.map((answer) => toHeadAnswer(answer))
  for (const { claim } of heads) if (claim !== null) pool.noteHead(claim.provider, claim.number)
  return heads
}

function toHeadAnswer(answer: EachAnswer): HeadAnswer {
  const { provider } = answer
  // The message begins with method, chain and provider, which the reader of a provider's own line knows.
  if (!answer.ok) return { provider, claim: null, error: answer.error.message.replace(/^[^:]*: /, '') }
  const claim = readClaim(provider, answer.result)
  return { provider, claim, error: claim === null ? 'an answer that is no block, or is dated in the future' : null }
}

/** Asks every provider which block it has at this height; the quorum of a confirmation counts the equal hashes. */
export async function readHeight(pool: RpcPool, number: number, signal?: AbortSignal): Promise<BlockClaim[]> {
  const answers = await pool.each('eth_getBlockByNumber', [`0x${number.toString(16)}`, false], {
    signal,
    timeoutMs: TIMEOUT_MS,
  })
  return claimsOf(answers).filter((claim) => claim.number === number)
}

/** Asks every provider for the block of this hash; the claims are of those that have it. */
export async function readByHash(pool: RpcPool, hash: Hash, signal?: AbortSignal): Promise<BlockClaim[]> {
  const answers = await pool.each('eth_getBlockByHash', [hash, false], { signal, timeoutMs: TIMEOUT_MS })
  return claimsOf(answers).filter((claim) => claim.hash === hash)
}

/**
 * The highest block that at least `quorum` providers have reached; null where fewer answered. With a quorum of one that is the
 * furthest provider's; with more, one that runs ahead (or pretends to) decides nothing alone.
 */
export function agreedHead(claims: readonly BlockClaim[], quorum: number): BlockClaim | null {
  const descending = [...claims].sort((a, b) => b.number - a.number)
  return descending[quorum - 1] ?? null
}

/** How many providers have this hash at this height. */
export function countAgreeing(claims: readonly BlockClaim[], hash: Hash): number {
  return claims.filter((claim) => claim.hash === hash).length
}

function claimsOf(answers: readonly EachAnswer[]): BlockClaim[] {
  return answers.flatMap((answer) => {
    const claim = answer.ok ? readClaim(answer.provider, answer.result) : null
    return claim === null ? [] : [claim]
  })
}

function readClaim(provider: string, result: unknown): BlockClaim | null {
  try {
    const block = rawObject(result, 'block')
    const timestamp = numberField(block, 'timestamp')
    // No block is dated so far ahead: as a claim it would make each cycle fail that takes it for the head.
    if (!isCredibleTime(timestamp)) return null
    return {
      provider,
      number: numberField(block, 'number'),
      hash: hashField(block, 'hash'),
      parentHash: hashField(block, 'parentHash'),
      timestamp,
    }
  } catch (error) {
    // No such block, or nonsense: neither is a claim.
    if (error instanceof MalformedHexError) return null
    throw error
  }
}
