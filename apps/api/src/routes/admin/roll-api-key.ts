import { type ApiKey, expireApiKey, findApiKeyForUpdate, insertApiKey } from '@ctrip/db/merchants/api-keys'
import { z } from 'zod'
import { newKey } from '../../http/authenticate'
import { endpoint } from '../../http/endpoint'
import { conflict, notFound } from '../../http/problem'
import { noQuery } from '../../schemas/list'
import { apiKeyParams, apiKeySchema, expiresIn, newApiKeySchema, renderApiKey } from './api-key-view'

const OVERLAP_DEFAULT_SECONDS = 24 * 3600
const OVERLAP_MAX_SECONDS = 30 * 24 * 3600

export const rollApiKey = endpoint(
  {
    operation: 'rollApiKey',
    method: 'post',
    path: '/api/v1/admin/api-keys/:id/roll',
    access: 'admin',
    scope: 'admin:write',
    tag: 'Admin',
    summary: 'Replace a key by a new one',
    description:
      'The new key has the name, scopes and networks of the old one. The old one expires at the end of the overlap. Without `expires_in` the new key lives as long as the old one was given.',
    subject: 'API key',
    params: apiKeyParams,
    query: noQuery,
    body: z
      .strictObject({
        overlap_seconds: z.number().int().min(0).max(OVERLAP_MAX_SECONDS).default(OVERLAP_DEFAULT_SECONDS),
        expires_in: expiresIn,
      })
      .meta({ id: 'RollApiKey' }),
    status: 201,
    result: z.object({ ...newApiKeySchema.shape, replaces: apiKeySchema }).meta({ id: 'RolledApiKey' }),
    refusals: [404, 409],
  },
  async (_deps: unknown, { params, body, db }) => {
    const found = await findApiKeyForUpdate(db, params.id)
    if (found === null) return notFound('API key')
    if (!found.isActive) return conflict('key_not_active', 'This key is revoked or has expired: create another one.')
    const old = found.key
    const { key, hash, lastFour } = newKey('merchant')
    const expiresInSeconds = body.expires_in ?? lifetimeSeconds(old)
    const { merchantId, name, scopes, allowedCidrs } = old
    const kept = await insertApiKey(db, { merchantId, name, scopes, allowedCidrs, hash, lastFour, expiresInSeconds })
    const replaced = await expireApiKey(db, old.id, body.overlap_seconds)
    return { body: { ...renderApiKey(kept), key, replaces: renderApiKey(replaced) } }
  },
)

/** Null for a key that does not expire. */
function lifetimeSeconds({ createdAt, expiresAt }: ApiKey): number | null {
  return expiresAt === null ? null : Math.ceil((expiresAt.getTime() - createdAt.getTime()) / 1000)
}
