import type { Executor } from '../database/database'

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

/** The oldest request to sweep now, or to deploy, that is not done. */
export async function nextSweeperRequest(
  executor: Executor,
  chainId: number,
  kind: 'sweep' | 'deploy',
): Promise<OperatorRequest | null> {
  const rows = await executor.$queryRaw<{ id: bigint; requested_at: Date }[]>`
    SELECT id, requested_at FROM operator_requests
    WHERE chain_id = ${chainId} AND kind = ${kind} AND completed_at IS NULL ORDER BY id LIMIT 1`
  const row = rows[0]
  return row === undefined ? null : { id: row.id, requestedAt: row.requested_at }
}

/** Notes up to where a backfill has come, so that a restart goes on from there. */
export async function advanceBackfill(executor: Executor, id: bigint, fromBlock: number): Promise<void> {
  await executor.$executeRaw`UPDATE operator_requests SET from_block = ${fromBlock} WHERE id = ${id}`
}

/** In the transaction of the work that was asked for, or after it if that may be done twice. */
export async function completeOperatorRequest(tx: Executor, id: bigint): Promise<void> {
  await tx.$executeRaw`UPDATE operator_requests SET completed_at = clock_timestamp() WHERE id = ${id}`
}
