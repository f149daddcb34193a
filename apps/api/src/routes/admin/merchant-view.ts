import type { Merchant } from '@ctrip/db/merchants/merchants'
import { z } from 'zod'
import { idOf, idParam } from '../../schemas/ids'
import { timestamp } from '../../schemas/text'

export const merchantSchema = z
  .object({ id: idOf('merchant'), object: z.literal('merchant'), name: z.string(), created_at: timestamp() })
  .meta({ id: 'Merchant' })

export const merchantParams = z.object({ id: idParam('merchant') })

export function renderMerchant({ id, name, createdAt }: Merchant) {
  return { id, object: 'merchant' as const, name, created_at: createdAt.toISOString() }
}
