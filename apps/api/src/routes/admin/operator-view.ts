import type { Operator } from '@ctrip/db/merchants/operators'
import { OPERATOR_ROLES } from '@ctrip/domain/scopes'
import { z } from 'zod'
import { idOf } from '../../schemas/ids'
import { timestamp } from '../../schemas/text'

const fields = {
  id: idOf('operator'),
  object: z.literal('operator'),
  name: z.string(),
  role: z.enum(OPERATOR_ROLES),
  last_four: z.string(),
  created_at: timestamp(),
  revoked_at: timestamp().nullable(),
}

export const operatorSchema = z.object(fields).meta({ id: 'Operator' })
export const newOperatorSchema = z
  .object({ ...fields, key: z.string().meta({ description: 'Shown this once.' }) })
  .meta({ id: 'NewOperator' })

export function renderOperator(operator: Operator) {
  return {
    id: operator.id,
    object: 'operator' as const,
    name: operator.name,
    role: operator.role,
    last_four: operator.lastFour,
    created_at: operator.createdAt.toISOString(),
    revoked_at: operator.revokedAt?.toISOString() ?? null,
  }
}
