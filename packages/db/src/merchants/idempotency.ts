import { createHash } from 'node:crypto'
import type { Database, Executor } from '../database/database'

/** What an Idempotency-Key belongs to. The operator's calls have a caller of their own. */
export interface IdempotencyScope {
  /** The merchant's UUID, or OPERATOR. */
  readonly caller: string
  readonly method: string
  readonly path: string
  readonly key: string
}

export const OPERATOR = '00000000-0000-0000-0000-000000000000'

export interface StoredAnswer {
  /** SHA-256 of the request that was answered. */
  readonly requestHash: Uint8Array
  readonly status: number
  /** Sealed by the caller: an answer may hold a secret that is shown only once. */
  readonly sealedBody: Uint8Array
}

export type Claim =
  /** Ours until the transaction ends: do the work, and store its answer in the same transaction. */
  | { readonly kind: 'claimed' }
  /** Another transaction has it right now. */
  | { readonly kind: 'running' }
  | { readonly kind: 'answered'; readonly answer: StoredAnswer }

export const ANSWERS_KEPT_HOURS = 72
const PRUNED_PER_RUN_MAX = 5_000

/**
 * Claims a key for the rest of the transaction, or tells why not. Tries the lock and never waits for it: a hundred
 * requests with one key would otherwise hold a hundred connections. The lock goes with the transaction, however it ends.
 */
export async function claimIdempotencyKey(tx: Executor, scope: IdempotencyScope): Promise<Claim> {
  const rows = await tx.$queryRaw<
    { locked: boolean; stored: boolean; request_hash: Uint8Array; status_code: number; response: Uint8Array }[]
  >`
    SELECT pg_try_advisory_xact_lock(${lockNumber(scope)}) AS locked, stored.key IS NOT NULL AS stored,
      request_hash, status_code, response
    FROM (VALUES (1)) AS one LEFT JOIN idempotency_keys AS stored
      ON merchant_id = ${scope.caller}::uuid AND method = ${scope.method} AND path = ${scope.path} AND key = ${scope.key}
      AND created_at > now() - ${ANSWERS_KEPT_HOURS} * interval '1 hour'`
  const row = rows[0]
  if (row?.stored === true) {
    const answer = { requestHash: row.request_hash, status: row.status_code, sealedBody: row.response }
    return { kind: 'answered', answer }
  }
  return row?.locked === true ? { kind: 'claimed' } : { kind: 'running' }
}

/**
 * Stores the answer beside its effect; false if another's answer is there already. That happens when the other committed
 * between our statement's snapshot and our lock: then our transaction must be rolled back.
 */
export async function storeAnswer(tx: Executor, scope: IdempotencyScope, answer: StoredAnswer): Promise<boolean> {
  const stored = await tx.$executeRaw`
    INSERT INTO idempotency_keys AS kept (merchant_id, method, path, key, request_hash, status_code, response)
    VALUES (${scope.caller}::uuid, ${scope.method}, ${scope.path}, ${scope.key}, ${answer.requestHash}, ${answer.status},
      ${answer.sealedBody})
    ON CONFLICT (merchant_id, method, path, key) DO UPDATE SET
      request_hash = excluded.request_hash, status_code = excluded.status_code, response = excluded.response,
      created_at = excluded.created_at
    WHERE kept.created_at <= now() - ${ANSWERS_KEPT_HOURS} * interval '1 hour'`
  return stored === 1
}

/** What was answered under a key; null if nothing was, or not yet. */
export async function findAnswer(executor: Executor, scope: IdempotencyScope): Promise<StoredAnswer | null> {
  const rows = await executor.$queryRaw<{ request_hash: Uint8Array; status_code: number; response: Uint8Array }[]>`
    SELECT request_hash, status_code, response FROM idempotency_keys
    WHERE merchant_id = ${scope.caller}::uuid AND method = ${scope.method} AND path = ${scope.path} AND key = ${scope.key}
      AND created_at > now() - ${ANSWERS_KEPT_HOURS} * interval '1 hour'`
  const row = rows[0]
  return row === undefined ? null : { requestHash: row.request_hash, status: row.status_code, sealedBody: row.response }
}

/** Deletes answers past their time (index idempotency_keys_by_age), a bounded number at once; says how many. */
export async function pruneIdempotencyKeys(db: Database): Promise<number> {
  return db.query(
    'idempotency.prune',
    (prisma) => prisma.$executeRaw`
      DELETE FROM idempotency_keys WHERE ctid IN (
        SELECT ctid FROM idempotency_keys WHERE created_at <= now() - ${ANSWERS_KEPT_HOURS} * interval '1 hour'
        ORDER BY created_at LIMIT ${PRUNED_PER_RUN_MAX})`,
  )
}

/** 64 bits of a hash name the lock: two keys that shared one would only be told to come back in a second. */
export function lockNumber({ caller, method, path, key }: IdempotencyScope): bigint {
  return createHash('sha256')
    .update(JSON.stringify([caller, method, path, key]))
    .digest()
    .readBigInt64BE()
}
