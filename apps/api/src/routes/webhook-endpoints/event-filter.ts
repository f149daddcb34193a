import { EVENT_TYPES } from '@ctrip/domain/events'
import { z } from 'zod'

/** What can be delivered: everything but what tells of deliveries. */
const DELIVERED = EVENT_TYPES.filter((type) => !type.startsWith('webhook.'))
const PREFIXES = [...new Set(DELIVERED.map((type) => `${type.split('.')[0]}.*`))]

/** Types of events; `*` stands for all, `payment.*` for all of one kind. */
export const eventFilter = z
  .array(z.enum(['*', ...PREFIXES, ...DELIVERED]))
  .min(1)
  .max(50)
  .meta({ example: ['payment.*'] })
