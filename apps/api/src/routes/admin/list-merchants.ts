import { listMerchants as readMerchants } from '@ctrip/db/merchants/merchants'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { listOf, noParams, pageOf, renderList } from '../../schemas/list'
import { merchantSchema, renderMerchant } from './merchant-view'

export const listMerchants = endpoint(
  {
    operation: 'listMerchants',
    method: 'get',
    path: '/api/v1/admin/merchants',
    access: 'admin',
    scope: 'admin:read',
    tag: 'Admin',
    summary: 'List merchants, newest first',
    params: noParams,
    query: z.strictObject(pageOf('merchant')),
    body: null,
    status: 200,
    result: listOf(merchantSchema),
    refusals: [],
  },
  async (_deps: unknown, { query, db }) => {
    const page = { limit: query.limit, startingAfter: query.starting_after ?? null }
    return { body: renderList(await readMerchants(db, page), renderMerchant) }
  },
)
