import type { WebhookInbox } from '@ctrip/local-stack/webhook-inbox'
import type { Api } from '../api-client'
import { endpointSchema, listOf, newEndpointSchema } from '../api-schemas'

const DESCRIPTION = 'Inbox of the demo merchant'

/** Registers the demo merchant's inbox for all events, in the place of the one of an earlier run. */
export async function registerDemoInbox(api: Api, inbox: WebhookInbox): Promise<void> {
  const { data: endpoints } = await api.get('/webhook-endpoints', listOf(endpointSchema))
  // Its secret was told on creation only, so that an endpoint found again is of no use.
  const earlier = endpoints.filter(({ description }) => description === DESCRIPTION)
  await Promise.all(earlier.map(({ id }) => api.delete(`/webhook-endpoints/${id}`)))
  const endpoint = { url: inbox.url, events: ['*'], description: DESCRIPTION }
  const { secret } = await api.post('/webhook-endpoints', endpoint, newEndpointSchema)
  inbox.expectSecret(secret)
}
