import { listApiKeys as readApiKeys } from '@ctrip/db/merchants/api-keys'
import { findMerchant } from '@ctrip/db/merchants/merchants'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { listOf, noQuery, renderList } from '../../schemas/list'
import { apiKeySchema, renderApiKey } from './api-key-view'
import { merchantParams } from './merchant-view'

export const listApiKeys = endpoint(
  {
    operation: 'listApiKeys',
    method: 'get',
    path: '/api/v1/admin/merchants/:id/api-keys',
    access: 'admin',
    scope: 'admin:read',
    tag: 'Admin',
    summary: 'List a merchant’s keys, newest first',
    subject: 'merchant',
    params: merchantParams,
    query: noQuery,
    body: null,
    status: 200,
    result: listOf(apiKeySchema),
    refusals: [404],
  },
  async (_deps: unknown, { params, db }) => {
    if ((await findMerchant(db, params.id)) === null) return notFound('merchant')
    return { body: renderList({ items: await readApiKeys(db, params.id), hasMore: false }, renderApiKey) }
  },
)
