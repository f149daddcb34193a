import { bringForward, REPLAY_MAX, REPLAY_SCOPES, replayEvents } from '@ctrip/db/webhooks/replays'
import { findWebhookEndpoint } from '@ctrip/db/webhooks/webhook-endpoints'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { conflict, invalid, notFound } from '../../http/problem'
import { noQuery } from '../../schemas/list'
import { moment, timestamp } from '../../schemas/text'
import { endpointParams } from './endpoint-view'

const body = z
  .strictObject({
    since: moment(),
    until: moment().optional().meta({ description: 'Now, unless given.' }),
    only: z.enum(REPLAY_SCOPES).meta({
      description: '`failed`: tried and never delivered; `missing`: never tried; `all`: delivered ones too.',
    }),
  })
  .meta({ id: 'ReplayWebhooks' })

export const replayWebhooks = endpoint(
  {
    operation: 'replayWebhooks',
    method: 'post',
    path: '/api/v1/webhook-endpoints/:id/replay',
    access: 'merchant',
    scope: 'webhooks:write',
    tag: 'Webhooks',
    summary: 'Send events of a period again',
    description: `What waits for a retry is tried now. Of other events, at most ${REPLAY_MAX} at once: \`continue_from\` is the \`since\` of the next call, null when all are on their way.`,
    subject: 'webhook endpoint',
    params: endpointParams,
    query: noQuery,
    body,
    status: 202,
    result: z.object({
      object: z.literal('webhook_replay'),
      deliveries: z
        .number()
        .int()
        .min(0)
        .meta({ description: 'On their way now: new ones, and those brought forward.' }),
      brought_forward: z.number().int().min(0).meta({ description: 'Of these, how many waited for a retry.' }),
      continue_from: timestamp().nullable(),
    }),
    refusals: [404, 409],
  },
  async (_deps: unknown, { caller, params, body: { since, until = new Date(), only }, db }) => {
    if (until.getTime() <= since.getTime()) return invalid('until', 'invalid_period', 'Must be after `since`.')
    const found = await findWebhookEndpoint(db, caller.merchantId, params.id)
    if (found === null) return notFound('webhook endpoint')
    if (!found.enabled) return conflict('endpoint_disabled', 'Enable the endpoint first: nothing is sent to it now.')
    const replay = { merchantId: caller.merchantId, endpointId: params.id, since, until, only }
    const forward = await bringForward(db, replay)
    const { deliveries: made, until: reached } = await replayEvents(db, replay)
    const continueFrom = made === REPLAY_MAX ? (reached?.toISOString() ?? null) : null
    return {
      body: {
        object: 'webhook_replay' as const,
        deliveries: made + forward,
        brought_forward: forward,
        continue_from: continueFrom,
      },
      log: { endpoint_id: params.id },
    }
  },
)
