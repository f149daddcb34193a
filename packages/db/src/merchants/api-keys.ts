import { type ApiKeyId, idFromUuid, idToUuid, type MerchantId, newId } from '@ctrip/domain/ids'
import type { Database, Executor } from '../database/database'
import type { api_keys as ApiKeyRow } from '../generated/prisma/client'

/** A key as it can be shown: the key itself is known to its merchant alone. */
export interface ApiKey {
  readonly id: ApiKeyId
  readonly merchantId: MerchantId
  readonly name: string | null
  readonly lastFour: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
}

export interface NewApiKey {
  readonly merchantId: MerchantId
  readonly name: string | null
  /** SHA-256 of the key. */
  readonly hash: Uint8Array<ArrayBuffer>
  readonly lastFour: string
}

/** A merchant has a handful of keys; a list of more shows the newest. */
const KEYS_LISTED_MAX = 100

export async function insertApiKey(tx: Executor, key: NewApiKey): Promise<ApiKey> {
  const row = await tx.api_keys.create({
    data: {
      id: idToUuid(newId('apiKey')),
      merchant_id: idToUuid(key.merchantId),
      name: key.name,
      key_hash: key.hash,
      last_four: key.lastFour,
    },
  })
  return toApiKey(row)
}

/** Who holds a key that has not been revoked (the unique index on key_hash); on the path of every request. */
export async function findKeyHolder(
  db: Database,
  hash: Uint8Array,
): Promise<{ keyId: ApiKeyId; merchantId: MerchantId } | null> {
  const rows = await db.query(
    'api_key.find',
    (prisma) => prisma.$queryRaw<{ id: string; merchant_id: string }[]>`
      SELECT id, merchant_id FROM api_keys WHERE key_hash = ${hash} AND revoked_at IS NULL`,
  )
  const row = rows[0]
  if (row === undefined) return null
  return { keyId: idFromUuid('apiKey', row.id), merchantId: idFromUuid('merchant', row.merchant_id) }
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
    revokedAt: row.revoked_at,
  }
}
