import { findEvent } from '@ctrip/db/events/event-lists'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { noQuery } from '../../schemas/list'
import { eventParams, eventSchema, parseEvent } from './event-view'

export const getEvent = endpoint(
  {
    operation: 'getEvent',
    method: 'get',
    path: '/api/v1/events/:id',
    access: 'merchant',
    scope: 'events:read',
    tag: 'Events',
    summary: 'Read an event',
    description: 'One that was published, or a test of an endpoint, which no list has.',
    subject: 'event',
    params: eventParams,
    query: noQuery,
    body: null,
    status: 200,
    result: eventSchema,
    refusals: [404],
  },
  async (_deps: unknown, { caller, params, db }) => {
    const event = await findEvent(db, caller.merchantId, params.id)
    return event === null ? notFound('event') : { body: parseEvent(event), log: { event_id: params.id } }
  },
)
