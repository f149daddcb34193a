import { fetchBlock } from '../blocks/fetch-block'
import { fetchTraces } from '../blocks/fetch-traces'
import type { BlockTrust, VerifiedBlock } from '../blocks/verified-block'
import type { ChainConfig } from '../chain-config'
import { type BlockTag, readHeight, readTag } from '../head'
import type { ErrorKind } from '../rpc/error-kinds'
import { PermanentRpcError, RetryableRpcError } from '../rpc/rpc-error'
import type { RpcPool } from '../rpc/rpc-pool'
import type { Identity } from './identity'
import { readIdentity } from './read-identity'

/** A value, or why there is none. */
export type Answered<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly kind: ErrorKind; readonly why: string }

/** The abilities of one provider, found by using it. Nothing here is judged. */
export interface ProviderFacts {
  readonly identity: Answered<Identity>
  readonly head: Answered<{ readonly number: number; readonly timestamp: number }>
  /** Heights of the consensus layer's tags; null where the node knows no such tag. */
  readonly tags: { readonly safe: number | null; readonly finalized: number | null }
  /** The newest blocks with their receipts: how well their contents are founded, and the seconds between them. */
  readonly blocks: readonly Answered<{
    readonly number: number
    readonly trust: BlockTrust
    readonly reason: string | null
    readonly transactions: number
  }>[]
  readonly secondsPerBlock: number | null
  /** Whether `eth_getBlockReceipts` serves, or one request a receipt is needed. */
  readonly receiptsAtOnce: boolean
  /** Traces of a block this far behind the head, the nearest first; it ends with the first that fails. */
  readonly traces: readonly { readonly depth: number; readonly answer: Answered<number> }[]
}

const BLOCKS = 4
const TRACE_DEPTHS = [0, 16, 100, 1_000, 10_000]
const SPAN_BLOCKS = 20

/** Surveys a pool of one provider. */
export async function surveyProvider(
  pool: RpcPool,
  chain: Pick<ChainConfig, 'verify' | 'family'>,
  blocks: number = BLOCKS,
): Promise<ProviderFacts> {
  const identity = await answered(() =>
    readIdentity(async (method, params) => (await pool.call(method, params)).result),
  )
  const latest = await answered(async () => {
    const [claim] = await readTag(pool, 'latest')
    if (claim === undefined) throw pool.nobodyToAsk('eth_getBlockByNumber')
    return { number: claim.number, timestamp: claim.timestamp }
  })
  if (!identity.ok || !latest.ok) return { ...NOTHING, identity, head: latest }
  const head = latest.value
  const verified = await newestBlocks(pool, chain, head.number, blocks)
  return {
    identity,
    head: latest,
    tags: { safe: await tagged(pool, 'safe'), finalized: await tagged(pool, 'finalized') },
    blocks: verified.map(toFact),
    secondsPerBlock: await measureBlockTime(pool, head),
    receiptsAtOnce: !pool.lacks(latestProvider(pool), 'eth_getBlockReceipts'),
    traces: await traceDepths(pool, chain, head.number),
  }
}

const NOTHING = {
  tags: { safe: null, finalized: null },
  blocks: [],
  secondsPerBlock: null,
  receiptsAtOnce: false,
  traces: [],
}

function latestProvider(pool: RpcPool): string {
  return pool.status()[0]?.name ?? ''
}

async function newestBlocks(
  pool: RpcPool,
  chain: Pick<ChainConfig, 'verify' | 'family'>,
  head: number,
  count: number,
): Promise<Answered<VerifiedBlock>[]> {
  const numbers = Array.from({ length: count }, (_, n) => head - n).filter((number) => number > 0)
  const found: Answered<VerifiedBlock>[] = []
  for (const number of numbers) found.push(await answered(() => blockAt(pool, chain, number)))
  return found
}

async function blockAt(
  pool: RpcPool,
  chain: Pick<ChainConfig, 'verify' | 'family'>,
  number: number,
): Promise<VerifiedBlock> {
  const block = await fetchBlock(pool, { ...chain, quorum: 1 }, { number })
  if (block !== null) return block
  const reason = `it does not have block ${number}`
  throw new RetryableRpcError('not_ready', {
    chain: pool.chain,
    provider: latestProvider(pool),
    method: 'fetchBlock',
    reason,
  })
}

function toFact(answer: Answered<VerifiedBlock>): ProviderFacts['blocks'][number] {
  if (!answer.ok) return answer
  const { number, trust, notProvable, transactions } = answer.value
  return { ok: true, value: { number, trust, reason: notProvable ?? null, transactions: transactions.length } }
}

/** The nearest block with a transaction, at each depth: an empty one has no trace. */
async function traceDepths(
  pool: RpcPool,
  chain: Pick<ChainConfig, 'verify' | 'family'>,
  head: number,
): Promise<ProviderFacts['traces']> {
  const found: { depth: number; answer: Answered<number> }[] = []
  for (const depth of TRACE_DEPTHS.filter((blocks) => blocks < head)) {
    const answer = await answered(
      async () => (await fetchTraces(pool, await blockAt(pool, chain, head - depth))).traces.length,
    )
    found.push({ depth, answer })
    if (!answer.ok) break
  }
  return found
}

async function tagged(pool: RpcPool, tag: BlockTag): Promise<number | null> {
  const [claim] = await readTag(pool, tag)
  return claim?.number ?? null
}

async function measureBlockTime(pool: RpcPool, head: { number: number; timestamp: number }): Promise<number | null> {
  const blocks = Math.min(SPAN_BLOCKS, head.number - 1)
  if (blocks < 1) return null
  const [earlier] = await readHeight(pool, head.number - blocks)
  return earlier === undefined ? null : (head.timestamp - earlier.timestamp) / blocks
}

async function answered<T>(ask: () => Promise<T>): Promise<Answered<T>> {
  try {
    return { ok: true, value: await ask() }
  } catch (error) {
    if (error instanceof RetryableRpcError || error instanceof PermanentRpcError)
      return { ok: false, kind: error.kind, why: error.message }
    throw error
  }
}
