import { createMerchant as insertMerchant } from '@ctrip/db/merchants/merchants'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { noParams, noQuery } from '../../schemas/list'
import { text } from '../../schemas/text'
import { merchantSchema, renderMerchant } from './merchant-view'

export const createMerchant = endpoint(
  {
    operation: 'createMerchant',
    method: 'post',
    path: '/api/v1/admin/merchants',
    access: 'admin',
    scope: 'admin:write',
    tag: 'Admin',
    summary: 'Add a merchant',
    params: noParams,
    query: noQuery,
    body: z.strictObject({ name: text(200, 1) }).meta({ id: 'CreateMerchant' }),
    status: 201,
    result: merchantSchema,
    refusals: [],
  },
  async (_deps: unknown, { body, db }) => ({ body: renderMerchant(await insertMerchant(db, body.name)) }),
)
