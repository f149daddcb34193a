import type { Address } from '@ctrip/domain/address'
import type { Executor } from '../database/database'

/** Addresses in one rescue. */
export const RESCUED_AT_ONCE_MAX = 100

/** Work that an operator asked for, waiting for the chain's scanner or sweeper. */
export interface OperatorRequest {
  readonly id: bigint
  readonly requestedAt: Date
}

export interface BackfillRequest extends OperatorRequest {
  /** Both included. */
  readonly fromBlock: number
  readonly toBlock: number
}

export async function requestBackfill(
  tx: Executor,
  request: { readonly chainId: number; readonly fromBlock: number; readonly toBlock: number },
): Promise<bigint> {
  const rows = await tx.$queryRaw<{ id: bigint }[]>`
    INSERT INTO operator_requests (kind, chain_id, from_block, to_block)
    VALUES ('backfill', ${request.chainId}, ${request.fromBlock}, ${request.toBlock}) RETURNING id`
  return rows[0]?.id ?? 0n
}

/** Asks the sweepers of these chains to plan now, whatever they are waiting for. */
export async function requestSweeps(tx: Executor, chainIds: readonly number[]): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO operator_requests (kind, chain_id) SELECT 'sweep', chain_id FROM unnest(${chainIds}::bigint[]) AS chain_id`
}

/** Asks the sweeper of a chain to try again what failed too often: of one address, or of all (null). */
export async function requestRetry(tx: Executor, chainId: number, address: Address | null): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO operator_requests (kind, chain_id, terms)
    VALUES ('sweep', ${chainId}, ${JSON.stringify({ retry: true, address })}::jsonb)`
}

/** The oldest backfill that is not done, by the index operator_requests_open. */
export async function nextBackfill(executor: Executor, chainId: number): Promise<BackfillRequest | null> {
  const rows = await executor.$queryRaw<{ id: bigint; requested_at: Date; from_block: bigint; to_block: bigint }[]>`
    SELECT id, requested_at, from_block, to_block FROM operator_requests
    WHERE chain_id = ${chainId} AND kind = 'backfill' AND completed_at IS NULL ORDER BY id LIMIT 1`
  const row = rows[0]
  if (row === undefined) return null
  return {
    id: row.id,
    requestedAt: row.requested_at,
    fromBlock: Number(row.from_block),
    toBlock: Number(row.to_block),
  }
}

/** Asks the sweeper of a chain to deploy the contracts that collect in batches: they cost gas, so it is never done unasked. */
export async function requestDeployment(tx: Executor, chainId: number): Promise<void> {
  await tx.$executeRaw`INSERT INTO operator_requests (kind, chain_id) VALUES ('deploy', ${chainId})`
}

/** What a chain's sweeper is asked to do, or only to tell. */
export type SweeperRequestKind = 'sweep' | 'deploy' | 'plan' | 'quote_rescue' | 'rescue'

export interface SweeperRequest extends OperatorRequest {
  readonly kind: SweeperRequestKind
  /** As the operator's command wrote them; null where the kind says it all. */
  readonly terms: unknown
}

/** Asks a chain's sweeper for an answer. Returns the request's id, under which `readAnswer` finds it. */
export async function askSweeper(
  tx: Executor,
  request: {
    readonly chainId: number
    readonly kind: 'plan' | 'quote_rescue' | 'rescue'
    readonly terms: Readonly<Record<string, unknown>>
  },
): Promise<bigint> {
  const rows = await tx.$queryRaw<{ id: bigint }[]>`
    INSERT INTO operator_requests (kind, chain_id, terms)
    VALUES (${request.kind}, ${request.chainId}, ${JSON.stringify(request.terms)}::jsonb) RETURNING id`
  return rows[0]?.id ?? 0n
}

/** What a request was answered; null while it waits. */
export async function readAnswer(executor: Executor, id: bigint): Promise<{ readonly answer: unknown } | null> {
  const rows = await executor.$queryRaw<{ answer: unknown }[]>`
    SELECT answer FROM operator_requests WHERE id = ${id} AND completed_at IS NOT NULL`
  return rows[0] ?? null
}

/** The oldest request of these kinds that is not done (index operator_requests_open). */
export async function nextSweeperRequest(
  executor: Executor,
  chainId: number,
  ...kinds: readonly SweeperRequestKind[]
): Promise<SweeperRequest | null> {
  const rows = await executor.$queryRaw<{ id: bigint; kind: SweeperRequestKind; requested_at: Date; terms: unknown }[]>`
    SELECT id, kind, requested_at, terms FROM operator_requests
    WHERE chain_id = ${chainId} AND kind = ANY(${[...kinds]}) AND completed_at IS NULL ORDER BY id LIMIT 1`
  const row = rows[0]
  return row === undefined ? null : { id: row.id, kind: row.kind, requestedAt: row.requested_at, terms: row.terms }
}

/** Notes up to where a backfill has come, so that a restart goes on from there. */
export async function advanceBackfill(executor: Executor, id: bigint, fromBlock: number): Promise<void> {
  await executor.$executeRaw`UPDATE operator_requests SET from_block = ${fromBlock} WHERE id = ${id}`
}

/** In the transaction of the work that was asked for, or after it if that may be done twice. */
export async function completeOperatorRequest(tx: Executor, id: bigint): Promise<void> {
  await tx.$executeRaw`UPDATE operator_requests SET completed_at = clock_timestamp() WHERE id = ${id}`
}

/** The same, with what the operator is told. */
export async function answerOperatorRequest(
  tx: Executor,
  id: bigint,
  answer: Readonly<Record<string, unknown>>,
): Promise<void> {
  await tx.$executeRaw`
    UPDATE operator_requests SET completed_at = clock_timestamp(), answer = ${JSON.stringify(answer)}::jsonb
    WHERE id = ${id}`
}
