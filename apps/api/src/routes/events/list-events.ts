import { positionOf, listEvents as readEvents } from '@ctrip/db/events/event-lists'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { idParam } from '../../schemas/ids'
import { limit, listOf, noParams, renderList } from '../../schemas/list'
import { eventSchema, parseEvent } from './event-view'

const TYPE_PATTERN = /^(\*|[a-z_]+\.(\*|[a-z_]+))$/
const TYPES_MAX = 20

const query = z.strictObject({
  after: idParam('event').optional().meta({ description: 'The last event that was read.' }),
  types: z
    .string()
    .max(1000)
    .transform((text) => text.split(','))
    .pipe(
      z.array(z.string().regex(TYPE_PATTERN, 'Must be types such as payment.confirmed or payment.*.')).max(TYPES_MAX),
    )
    .optional()
    .meta({
      description: 'Separated by commas; `*` and `prefix.*` match many.',
      example: 'payment.*,transfer.unmatched',
    }),
  limit,
})

export const listEvents = endpoint(
  {
    operation: 'listEvents',
    method: 'get',
    path: '/api/v1/events',
    access: 'merchant',
    scope: 'events:read',
    tag: 'Events',
    summary: 'List events, oldest first',
    description:
      'In the order of their publication, skipping none: read on from the last one that was read. Kept for 30 days.',
    params: noParams,
    query,
    body: null,
    status: 200,
    result: listOf(eventSchema),
    refusals: [404],
  },
  async (_deps: unknown, { caller, query: { after, types, limit }, db }) => {
    const position = after === undefined ? 0n : await positionOf(db, caller.merchantId, after)
    if (position === null)
      return notFound('event to read on from; without `after` the list begins with the oldest kept')
    const page = await readEvents(db, caller.merchantId, { after: position, types: types ?? null, limit })
    return { body: renderList(page, parseEvent) }
  },
)
