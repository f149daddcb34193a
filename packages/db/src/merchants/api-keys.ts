import { type ApiKeyId, idFromUuid, idToUuid, type MerchantId, newId } from '@ctrip/domain/ids'
import { isMerchantScope, type MerchantScope } from '@ctrip/domain/scopes'
import type { Database, Executor } from '../database/database'
import type { api_keys as ApiKeyRow } from '../generated/prisma/client'

/** Scopes and networks of a key. Null: no limit. */
export interface KeyLimits {
  readonly scopes: readonly MerchantScope[] | null
  readonly allowedCidrs: readonly string[] | null
}

/** A key as it can be shown: the key itself is known to its merchant alone. */
export interface ApiKey extends KeyLimits {
  readonly id: ApiKeyId
  readonly merchantId: MerchantId
  readonly name: string | null
  readonly lastFour: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
}

export interface NewApiKey extends KeyLimits {
  readonly merchantId: MerchantId
  readonly name: string | null
  /** SHA-256 of the key. */
  readonly hash: Uint8Array<ArrayBuffer>
  readonly lastFour: string
  /** Null: the key does not expire. */
  readonly expiresInSeconds: number | null
}

export interface KeyHolder extends KeyLimits {
  readonly keyId: ApiKeyId
  readonly merchantId: MerchantId
  readonly isExpired: boolean
}

/** A merchant has a handful of keys; a list of more shows the newest. */
const KEYS_LISTED_MAX = 100

export async function insertApiKey(tx: Executor, key: NewApiKey): Promise<ApiKey> {
  const rows = await tx.$queryRaw<ApiKeyRow[]>`
    INSERT INTO api_keys (id, merchant_id, name, key_hash, last_four, scopes, allowed_cidrs, expires_at)
    VALUES (${idToUuid(newId('apiKey'))}::uuid, ${idToUuid(key.merchantId)}::uuid, ${key.name}, ${key.hash}, ${key.lastFour},
      ${key.scopes}::text[], ${key.allowedCidrs}::text[], now() + ${key.expiresInSeconds}::float8 * interval '1 second')
    RETURNING *`
  const [row] = rows
  if (row === undefined) throw new Error('an INSERT returned no row')
  return toApiKey(row)
}

/** The holder of a key that has not been revoked (the unique index on key_hash); on the path of every request. */
export async function findKeyHolder(db: Database, hash: Uint8Array): Promise<KeyHolder | null> {
  const rows = await db.query(
    'api_key.find',
    (prisma) => prisma.$queryRaw<(Pick<ApiKeyRow, 'id' | 'merchant_id'> & LimitColumns & { is_expired: boolean })[]>`
      SELECT id, merchant_id, scopes, allowed_cidrs, coalesce(expires_at <= now(), false) AS is_expired
      FROM api_keys WHERE key_hash = ${hash} AND revoked_at IS NULL`,
  )
  const [row] = rows
  if (row === undefined) return null
  return {
    keyId: idFromUuid('apiKey', row.id),
    merchantId: idFromUuid('merchant', row.merchant_id),
    isExpired: row.is_expired,
    ...toLimits(row),
  }
}

/** Newest first. */
export async function listApiKeys(executor: Executor, merchantId: MerchantId): Promise<ApiKey[]> {
  const rows = await executor.api_keys.findMany({
    where: { merchant_id: idToUuid(merchantId) },
    orderBy: { id: 'desc' },
    take: KEYS_LISTED_MAX,
  })
  return rows.map(toApiKey)
}

/** Null if there is no such key; a key revoked before keeps its time. */
export async function revokeApiKey(tx: Executor, id: ApiKeyId): Promise<ApiKey | null> {
  const uuid = idToUuid(id)
  await tx.$executeRaw`UPDATE api_keys SET revoked_at = now() WHERE id = ${uuid}::uuid AND revoked_at IS NULL`
  const row = await tx.api_keys.findUnique({ where: { id: uuid } })
  return row === null ? null : toApiKey(row)
}

/** Null if there is no such key. Locks it until the transaction ends, so that it is not revoked meanwhile. */
export async function findApiKeyForUpdate(
  tx: Executor,
  id: ApiKeyId,
): Promise<{ readonly key: ApiKey; readonly isActive: boolean } | null> {
  const rows = await tx.$queryRaw<(ApiKeyRow & { is_active: boolean })[]>`
    SELECT *, revoked_at IS NULL AND coalesce(expires_at > now(), true) AS is_active
    FROM api_keys WHERE id = ${idToUuid(id)}::uuid FOR UPDATE`
  const [row] = rows
  return row === undefined ? null : { key: toApiKey(row), isActive: row.is_active }
}

/** Lets a key expire in this many seconds; one that expires earlier keeps its time. */
export async function expireApiKey(tx: Executor, id: ApiKeyId, inSeconds: number): Promise<ApiKey> {
  const uuid = idToUuid(id)
  await tx.$executeRaw`
    UPDATE api_keys SET expires_at = least(expires_at, now() + ${inSeconds} * interval '1 second')
    WHERE id = ${uuid}::uuid`
  return toApiKey(await tx.api_keys.findUniqueOrThrow({ where: { id: uuid } }))
}

/** Notes when keys were last used; an older time never replaces a newer one of another replica. */
export async function recordKeyUse(db: Database, usedAt: ReadonlyMap<ApiKeyId, Date>): Promise<void> {
  const ids = [...usedAt.keys()].map(idToUuid)
  const times = [...usedAt.values()]
  await db.query(
    'api_key.record_use',
    (prisma) => prisma.$executeRaw`
      UPDATE api_keys SET last_used_at = greatest(last_used_at, used.at)
      FROM unnest(${ids}::uuid[], ${times}::timestamptz[]) AS used(id, at) WHERE api_keys.id = used.id`,
  )
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: idFromUuid('apiKey', row.id),
    merchantId: idFromUuid('merchant', row.merchant_id),
    name: row.name,
    lastFour: row.last_four,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    ...toLimits(row),
  }
}

interface LimitColumns {
  readonly scopes: readonly string[] | null
  readonly allowed_cidrs: readonly string[] | null
}

/**
 * Prisma reads NULL as an empty list, which no row holds. A scope that this release does not know (the next one's, during a
 * rollout) opens nothing here.
 */
function toLimits({ scopes, allowed_cidrs: cidrs }: LimitColumns): KeyLimits {
  return {
    scopes: scopes === null || scopes.length === 0 ? null : scopes.filter(isMerchantScope),
    allowedCidrs: cidrs === null || cidrs.length === 0 ? null : cidrs,
  }
}
