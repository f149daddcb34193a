import type { ApiKey } from '@ctrip/db/merchants/api-keys'
import { parseNetwork, renderNetwork } from '@ctrip/domain/networks'
import { MERCHANT_SCOPES } from '@ctrip/domain/scopes'
import { z } from 'zod'
import { idOf, idParam } from '../../schemas/ids'
import { timestamp } from '../../schemas/text'

const SECONDS_MIN = 60
const SECONDS_MAX = 10 * 366 * 24 * 3600
const CIDRS_MAX = 50

export const apiKeyParams = z.object({ id: idParam('apiKey') })

export const expiresIn = z.number().int().min(SECONDS_MIN).max(SECONDS_MAX).nullish().meta({ description: 'Seconds.' })

/** Limits of a new key. Without any it can do everything, forever, from everywhere. */
export const keyLimits = {
  scopes: z
    .array(z.enum(MERCHANT_SCOPES))
    .min(1)
    .max(MERCHANT_SCOPES.length)
    .nullish()
    .meta({ description: 'What the key may do: each call names the one scope that it needs. All, unless given.' }),
  expires_in: expiresIn,
  allowed_cidrs: z
    .array(cidr())
    .min(1)
    .max(CIDRS_MAX)
    .nullish()
    .meta({
      description: 'Networks that the key may be used from. All, unless given.',
      examples: [['203.0.113.0/24']],
    }),
}

const fields = {
  id: idOf('apiKey'),
  object: z.literal('api_key'),
  merchant_id: idOf('merchant'),
  name: z.string().nullable(),
  last_four: z.string(),
  scopes: z.array(z.string()).nullable().meta({ description: 'Null: all.' }),
  allowed_cidrs: z.array(z.string()).nullable().meta({ description: 'Null: all.' }),
  created_at: timestamp(),
  last_used_at: timestamp().nullable(),
  expires_at: timestamp().nullable(),
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
    scopes: key.scopes === null ? null : [...key.scopes],
    allowed_cidrs: key.allowedCidrs === null ? null : [...key.allowedCidrs],
    created_at: key.createdAt.toISOString(),
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    expires_at: key.expiresAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
  }
}

function cidr() {
  return z
    .string()
    .max(64)
    .transform((text, context) => {
      try {
        return renderNetwork(parseNetwork(text))
      } catch {
        context.addIssue({ code: 'custom', message: 'Must be a network such as 203.0.113.0/24 or 2001:db8::/32.' })
        return z.NEVER
      }
    })
}
