import { revokeApiKey as revoke } from '@ctrip/db/merchants/api-keys'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { idParam } from '../../schemas/ids'
import { noQuery } from '../../schemas/list'
import { apiKeySchema, renderApiKey } from './api-key-view'

export const revokeApiKey = endpoint(
  {
    operation: 'revokeApiKey',
    method: 'delete',
    path: '/api/v1/admin/api-keys/:id',
    access: 'admin',
    tag: 'Admin',
    summary: 'Revoke a key',
    description: 'It is refused from now on, for good.',
    subject: 'API key',
    params: z.object({ id: idParam('apiKey') }),
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
