import { revokeApiKey as revoke } from '@ctrip/db/merchants/api-keys'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { noQuery } from '../../schemas/list'
import { apiKeyParams, apiKeySchema, renderApiKey } from './api-key-view'

export const revokeApiKey = endpoint(
  {
    operation: 'revokeApiKey',
    method: 'delete',
    path: '/api/v1/admin/api-keys/:id',
    access: 'admin',
    scope: 'admin:write',
    tag: 'Admin',
    summary: 'Revoke a key',
    description: 'It is refused from now on, for good.',
    subject: 'API key',
    params: apiKeyParams,
    query: noQuery,
    body: null,
    status: 200,
    result: apiKeySchema,
    refusals: [404],
  },
  async (_deps: unknown, { params, db }) => {
    const revoked = await revoke(db, params.id)
    return revoked === null ? notFound('API key') : { body: renderApiKey(revoked) }
  },
)
