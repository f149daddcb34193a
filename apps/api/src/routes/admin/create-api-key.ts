import { insertApiKey } from '@ctrip/db/merchants/api-keys'
import { findMerchant } from '@ctrip/db/merchants/merchants'
import { z } from 'zod'
import { newKey } from '../../http/authenticate'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { noQuery } from '../../schemas/list'
import { text } from '../../schemas/text'
import { keyLimits, newApiKeySchema, renderApiKey } from './api-key-view'
import { merchantParams } from './merchant-view'

export const createApiKey = endpoint(
  {
    operation: 'createApiKey',
    method: 'post',
    path: '/api/v1/admin/merchants/:id/api-keys',
    access: 'admin',
    scope: 'admin:write',
    tag: 'Admin',
    summary: 'Give a merchant a key',
    description: 'The key is in this response and nowhere else: only its hash is kept.',
    subject: 'merchant',
    params: merchantParams,
    query: noQuery,
    body: z.strictObject({ name: text(200, 1).nullish(), ...keyLimits }).meta({ id: 'CreateApiKey' }),
    status: 201,
    result: newApiKeySchema,
    refusals: [404],
  },
  async (_deps: unknown, { params, body, db }) => {
    const merchant = await findMerchant(db, params.id)
    if (merchant === null) return notFound('merchant')
    const { key, hash, lastFour } = newKey('merchant')
    const kept = await insertApiKey(db, {
      merchantId: merchant.id,
      name: body.name ?? null,
      hash,
      lastFour,
      scopes: body.scopes ? [...new Set(body.scopes)] : null,
      allowedCidrs: body.allowed_cidrs ? [...new Set(body.allowed_cidrs)] : null,
      expiresInSeconds: body.expires_in ?? null,
    })
    return { body: { ...renderApiKey(kept), key } }
  },
)
