import type { ChainFacts, ChainObservation, ProviderHead } from '@ctrip/domain/chain-standing'
import { z } from 'zod'
import type { Database, Executor } from '../database/database'

/** The answers of all providers to one question for their heads. */
export interface HeadsSeen {
  /** Milliseconds since they were asked: hosts need not agree on the time. */
  readonly ageMs: number
  readonly head: { readonly number: number; readonly time: Date } | null
  readonly providers: readonly ProviderHead[]
}

/** How scan cycles end: `failed` since then, all in the same step. */
export type CyclesSeen =
  | { readonly kind: 'succeeded'; readonly ageMs: number }
  | { readonly kind: 'failed'; readonly forMs: number; readonly reason: string; readonly count: number }

/** Told again, a time differs by as long as the telling took: it is the same then. */
const SAME_MS = 2_000

interface Chain {
  readonly chainId: number
  readonly name: string
  readonly blockTimeMs: number
}

/** Records what the providers say, unless a later answer is there. A head once known stays known, with its age. */
export async function recordHeads(db: Database, { chainId, name, blockTimeMs }: Chain, seen: HeadsSeen): Promise<void> {
  const [number, time] = [seen.head?.number ?? null, seen.head?.time ?? null]
  const providers = JSON.stringify(seen.providers)
  await db.query(
    'chain_observations.heads',
    (prisma) => prisma.$executeRaw`
      INSERT INTO chain_observations AS known
        (chain_id, chain, block_time_ms, asked_at, head_number, head_time, head_read_at, providers)
      SELECT ${chainId}, ${name}, ${blockTimeMs}, asked_at, ${number}::bigint, ${time}::timestamptz,
        CASE WHEN ${number}::bigint IS NULL THEN NULL ELSE asked_at END, ${providers}::jsonb
      FROM (SELECT clock_timestamp() - ${seen.ageMs} * interval '1 millisecond' AS asked_at) AS question
      ON CONFLICT (chain_id) DO UPDATE SET chain = excluded.chain,
        block_time_ms = excluded.block_time_ms, asked_at = excluded.asked_at,
        head_number = coalesce(excluded.head_number, known.head_number),
        head_time = coalesce(excluded.head_time, known.head_time),
        head_read_at = coalesce(excluded.head_read_at, known.head_read_at),
        apart_since = CASE
          WHEN coalesce(excluded.head_number, known.head_number)
            = (SELECT cursor_number FROM chain_state WHERE chain_state.chain_id = ${chainId}) THEN NULL
          ELSE coalesce(known.apart_since, excluded.asked_at) END,
        providers = excluded.providers
      WHERE excluded.asked_at >= known.asked_at`,
  )
}

/** Records how the cycles of the chain's writer end. Does nothing before its providers were first asked. */
export async function recordCycles(db: Database, { chainId }: Pick<Chain, 'chainId'>, seen: CyclesSeen): Promise<void> {
  if (seen.kind === 'succeeded')
    await db.query(
      'chain_observations.succeeded',
      (prisma) => prisma.$executeRaw`
        UPDATE chain_observations SET succeeded_at = clock_timestamp() - ${seen.ageMs} * interval '1 millisecond',
          failing_since = NULL, failure = NULL, failures = 0
        WHERE chain_id = ${chainId}`,
    )
  else
    await db.query(
      'chain_observations.failed',
      (prisma) => prisma.$executeRaw`
        UPDATE chain_observations SET failures = ${seen.count}, failure = ${seen.reason},
          failing_since = CASE WHEN failing_since BETWEEN since - ${SAME_MS} * interval '1 millisecond'
              AND since + ${SAME_MS} * interval '1 millisecond' THEN failing_since ELSE since END
        FROM (SELECT clock_timestamp() - ${seen.forMs} * interval '1 millisecond' AS since) AS failing
        WHERE chain_id = ${chainId}`,
    )
}

/** The known facts of these chains, by chain id. */
export async function readChainFacts(
  executor: Executor,
  chainIds: readonly number[],
): Promise<ReadonlyMap<number, ChainFacts>> {
  const rows = await executor.$queryRaw<FactsRow[]>`
    SELECT wanted.chain_id, clock_timestamp() AS at, cursor_number, cursor_time, updated_at, halted_reason, block_time_ms,
      tried_since, asked_at, known.head_number, head_time, head_read_at, apart_since, providers, succeeded_at,
      failing_since, failure, failures
    FROM unnest(${[...chainIds]}::bigint[]) AS wanted (chain_id)
    LEFT JOIN chain_state USING (chain_id) LEFT JOIN chain_observations AS known USING (chain_id)`
  return new Map(rows.map((row) => [Number(row.chain_id), toFacts(row)]))
}

/** One chain's; a chain that nothing is known of has facts, too. */
export async function readFactsOf(executor: Executor, chainId: number): Promise<ChainFacts> {
  const facts = (await readChainFacts(executor, [chainId])).get(chainId)
  if (facts === undefined) throw new Error(`no facts of chain ${chainId}`)
  return facts
}

interface FactsRow {
  chain_id: bigint
  at: Date
  cursor_number: bigint | null
  cursor_time: Date | null
  updated_at: Date | null
  halted_reason: string | null
  block_time_ms: number | null
  tried_since: Date | null
  asked_at: Date | null
  head_number: bigint | null
  head_time: Date | null
  head_read_at: Date | null
  apart_since: Date | null
  providers: unknown
  succeeded_at: Date | null
  failing_since: Date | null
  failure: string | null
  failures: number | null
}

const providersSchema = z.array(
  z.object({ name: z.string(), head: z.number().nullable(), error: z.string().nullable() }),
)

function toFacts(row: FactsRow): ChainFacts {
  const { cursor_number: number, cursor_time: time, updated_at: movedAt } = row
  return {
    at: row.at,
    cursor: number === null || time === null || movedAt === null ? null : { number: Number(number), time, movedAt },
    haltedReason: row.halted_reason,
    observation: toObservation(row),
  }
}

function toObservation(row: FactsRow): ChainObservation | null {
  const { tried_since: triedSince, asked_at: askedAt, head_number: number, head_time: time, head_read_at: readAt } = row
  if (triedSince === null || askedAt === null) return null
  const { failing_since: since, failure: reason } = row
  return {
    blockTimeMs: row.block_time_ms ?? 0,
    triedSince,
    askedAt,
    head: number === null || time === null || readAt === null ? null : { number: Number(number), time, readAt },
    apartSince: row.apart_since,
    providers: providersSchema.parse(row.providers),
    succeededAt: row.succeeded_at,
    failure: since === null || reason === null ? null : { since, reason, count: row.failures ?? 0 },
  }
}
