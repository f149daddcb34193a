import { EVENT_TYPES } from '@ctrip/domain/events'
import { z } from 'zod'
import { metadata } from '../../schemas/metadata'

/** What can be delivered: everything but what tells of deliveries. */
const DELIVERED = EVENT_TYPES.filter((type) => !type.startsWith('webhook.'))
const PREFIXES = [...new Set(DELIVERED.map((type) => `${type.split('.')[0]}.*`))]

/** Types of events; `*` stands for all, `payment.*` for all of one kind. */
export const eventFilter = z
  .array(z.enum(['*', ...PREFIXES, ...DELIVERED]))
  .min(1)
  .max(50)
  .meta({ example: ['payment.*'] })

/** Two shops of one merchant each get the events of their own payments. */
export const metadataEquals = metadata.meta({
  description:
    'Only events of payments and checkout sessions whose metadata has these values; the others are not sent, nor is `sweep.*`.',
  example: { shop: 'north' },
})
