import type { Address } from '@ctrip/domain/address'
import { copiesToAgree } from '../blocks/judge-copies'
import { agreedHead, type BlockClaim, readTag } from '../head'
import { PermanentRpcError, RetryableRpcError } from '../rpc/rpc-error'
import type { RpcPool } from '../rpc/rpc-pool'
import { type FeedAnswer, readFeeds } from './read-feeds'

const BEHIND_SECONDS_MAX = 60

/** One feed at one block: agreed with the providers that said so; or, as `null`, no agreement. */
export interface AgreedFeed {
  /** An `answer` of null is agreed, too: the contract cannot be read. */
  readonly agreed: { readonly answer: FeedAnswer; readonly by: number } | null
  /** The providers that responded. */
  readonly asked: number
}

export interface FeedsAtBlock {
  readonly block: BlockClaim
  /** In the order of the feeds. */
  readonly feeds: readonly AgreedFeed[]
  /** Providers that contradict what the others agree on. */
  readonly liars: readonly string[]
}

/** One provider's reading of all feeds. */
export interface FeedsCopy {
  readonly provider: string
  readonly answers: readonly FeedAnswer[]
}

/**
 * Reads all feeds of a chain at one block, from as many providers as must agree: `quorum` of them, and two where there are two. No proof stands
 * behind the result of a call, so that a lone response counts only with a quorum of one, and only while no other provider's differs (ADR 8).
 * Throws RetryableRpcError where too few providers have a head, or none can be asked.
 */
export async function readAgreedFeeds(
  pool: RpcPool,
  quorum: number,
  feeds: readonly Address[],
  signal: AbortSignal,
): Promise<FeedsAtBlock> {
  const block = await commonHead(pool, quorum, signal)
  const copies: FeedsCopy[] = []
  let failure: RetryableRpcError | PermanentRpcError | null = null
  for (const provider of pool.ranking()) {
    if (copies.length >= copiesToAgree(quorum) && feedsOf(copies, quorum, feeds.length).every(isAgreed)) break
    try {
      copies.push({ provider, answers: await readFeeds(pool, block.hash, feeds, { provider, signal }) })
    } catch (error) {
      // The next provider may have what this one lacks.
      if (!(error instanceof RetryableRpcError || error instanceof PermanentRpcError)) throw error
      failure = error
    }
  }
  if (copies.length === 0) throw failure ?? pool.nobodyToAsk('eth_call')
  const read = feedsOf(copies, quorum, feeds.length)
  return { block, feeds: read, liars: liarsAmong(copies, read) }
}

/**
 * The highest block that as many providers have reached as must agree. With a quorum of one the second provider's, so that both can be asked, unless
 * that one is far behind: its block would have old prices.
 */
async function commonHead(pool: RpcPool, quorum: number, signal: AbortSignal): Promise<BlockClaim> {
  const claims = await readTag(pool, 'latest', signal)
  const head = agreedHead(claims, quorum)
  if (head === null) {
    const reason = `${claims.length} of ${quorum} providers that must agree told their head`
    const details = { chain: pool.chain, provider: 'all', method: 'eth_getBlockByNumber', reason }
    throw new RetryableRpcError('unverified', details)
  }
  const second = quorum === 1 ? agreedHead(claims, 2) : null
  return second !== null && head.timestamp - second.timestamp <= BEHIND_SECONDS_MAX ? second : head
}

function feedsOf(copies: readonly FeedsCopy[], quorum: number, count: number): AgreedFeed[] {
  return Array.from({ length: count }, (_, n) =>
    agreedAnswer(
      copies.map(({ answers }) => answers[n] ?? null),
      quorum,
    ),
  )
}

/** Each feed is judged alone: a lie about one takes no other away. Two answers that enough providers give are a contradiction. */
export function agreedAnswer(answers: readonly FeedAnswer[], quorum: number): AgreedFeed {
  const groups = [...Map.groupBy(answers, spelling).values()]
  const enough = groups.filter(({ length }) => length >= copiesToAgree(quorum))
  const lone = quorum === 1 && answers.length === 1 ? groups : []
  const [agreed, ...others] = enough.length > 0 ? enough : lone
  const answer = agreed?.[0]
  if (agreed === undefined || answer === undefined || others.length > 0) return { agreed: null, asked: answers.length }
  return { agreed: { answer, by: agreed.length }, asked: answers.length }
}

function liarsAmong(copies: readonly FeedsCopy[], feeds: readonly AgreedFeed[]): string[] {
  const contradicts = ({ answers }: FeedsCopy) =>
    feeds.some(({ agreed }, n) => agreed !== null && spelling(agreed.answer) !== spelling(answers[n] ?? null))
  return copies.filter(contradicts).map(({ provider }) => provider)
}

function isAgreed({ agreed }: AgreedFeed): boolean {
  return agreed !== null
}

function spelling(answer: FeedAnswer): string {
  if (answer === null) return 'none'
  const { decimals, roundId, answer: price, startedAt, updatedAt } = answer
  return [decimals, roundId, price, startedAt, updatedAt].join('/')
}
