import { updateMerchant as update } from '@ctrip/db/merchants/merchants'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { noQuery } from '../../schemas/list'
import { text } from '../../schemas/text'
import { merchantParams, merchantSchema, renderMerchant } from './merchant-view'

const QUOTA_MAX = 2_000_000_000

const quota = () => z.number().int().min(1).max(QUOTA_MAX).nullish()

export const updateMerchant = endpoint(
  {
    operation: 'updateMerchant',
    method: 'patch',
    path: '/api/v1/admin/merchants/:id',
    access: 'admin',
    scope: 'admin:write',
    tag: 'Admin',
    summary: 'Change a merchant’s name or quotas',
    description:
      'A quota that is null is the gateway’s own (`MAX_OPEN_PAYMENTS`, `MAX_PAYMENTS_PER_DAY`). A change is in force within 10 s.',
    subject: 'merchant',
    params: merchantParams,
    query: noQuery,
    body: z
      .strictObject({
        name: text(200, 1).optional(),
        quotas: z.strictObject({ open_payments: quota(), payments_per_day: quota() }).optional(),
      })
      .meta({ id: 'UpdateMerchant' }),
    status: 200,
    result: merchantSchema,
    refusals: [404],
  },
  async (_deps: unknown, { params, body: { name, quotas }, db }) => {
    const changes = { name, openPayments: quotas?.open_payments, paymentsPerDay: quotas?.payments_per_day }
    const changed = await update(db, params.id, changes)
    return changed === null ? notFound('merchant') : { body: renderMerchant(changed) }
  },
)
