import { findEvent } from '@ctrip/db/events/event-lists'
import { resendEvent as resend } from '@ctrip/db/webhooks/replays'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { notFound } from '../../http/problem'
import { idOf } from '../../schemas/ids'
import { noBody, noQuery } from '../../schemas/list'
import { eventParams } from './event-view'

export const resendEvent = endpoint(
  {
    operation: 'resendEvent',
    method: 'post',
    path: '/api/v1/events/:id/resend',
    access: 'merchant',
    scope: 'webhooks:write',
    tag: 'Events',
    summary: 'Deliver an event again',
    description:
      'To every enabled endpoint that wants it, under the same webhook-id; a test to the endpoint that it tested.',
    subject: 'event',
    params: eventParams,
    query: noQuery,
    body: noBody,
    status: 202,
    result: z.object({
      object: z.literal('event_resend'),
      event_id: idOf('event'),
      deliveries: z.number().int().min(0),
    }),
    refusals: [404],
  },
  async (_deps: unknown, { caller, params, db }) => {
    if ((await findEvent(db, caller.merchantId, params.id)) === null) return notFound('event')
    const deliveries = await resend(db, caller.merchantId, params.id)
    return { body: { object: 'event_resend' as const, event_id: params.id, deliveries }, log: { event_id: params.id } }
  },
)
