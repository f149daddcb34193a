import type { ApiKey } from '@ctrip/db/merchants/api-keys'
import { z } from 'zod'
import { idOf } from '../../schemas/ids'
import { timestamp } from '../../schemas/text'

const fields = {
  id: idOf('apiKey'),
  object: z.literal('api_key'),
  merchant_id: idOf('merchant'),
  name: z.string().nullable(),
  last_four: z.string(),
  created_at: timestamp(),
  last_used_at: timestamp().nullable(),
  revoked_at: timestamp().nullable(),
}

export const apiKeySchema = z.object(fields).meta({ id: 'ApiKey' })
export const newApiKeySchema = z
  .object({ ...fields, key: z.string().meta({ description: 'Shown this once.' }) })
  .meta({ id: 'NewApiKey' })

export function renderApiKey(key: ApiKey) {
  return {
    id: key.id,
    object: 'api_key' as const,
    merchant_id: key.merchantId,
    name: key.name,
    last_four: key.lastFour,
    created_at: key.createdAt.toISOString(),
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
  }
}
