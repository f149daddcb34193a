import { waitUntil } from '@ctrip/local-stack/wait-until'
import { startWebhookInbox } from '@ctrip/local-stack/webhook-inbox'
import { messageOf } from '@ctrip/telemetry/errors'
import { z } from 'zod'
import { openApi } from '../api-client'
import { newEndpointSchema } from '../api-schemas'
import { type Finding, failed, passed, type Subject } from './finding'

const ARRIVES_WITHIN_MS = 15_000

/** Has a test event sent to a receiver of this process, and verifies its signature as a merchant would. */
export async function checkWebhooks({ apiUrl, apiKey }: Subject): Promise<Finding[]> {
  if (apiUrl === undefined || apiKey === undefined)
    return [passed('webhooks', 'not tested: set CTRIP_API_URL and CTRIP_API_KEY to have a test event sent')]
  const api = openApi(apiUrl, apiKey)
  const inbox = await startWebhookInbox()
  try {
    const body = { url: inbox.url, events: ['*'], description: 'ctrip doctor' }
    const { id, secret } = await api.post('/webhook-endpoints', body, newEndpointSchema)
    try {
      inbox.expectSecret(secret)
      await api.post(`/webhook-endpoints/${id}/test`, undefined, z.unknown())
      await waitUntil('the test event', ARRIVES_WITHIN_MS, async () =>
        inbox.received().some(({ verified }) => verified),
      )
      return [passed('webhooks', 'a test event arrived, and its signature verifies')]
    } finally {
      await api.delete(`/webhook-endpoints/${id}`)
    }
  } catch (error) {
    const remedy =
      'is the webhook-dispatcher ready? Only networks of WEBHOOK_ALLOWED_CIDRS may be private: without 127.0.0.0/8 this test cannot run'
    return [failed('webhooks', messageOf(error), remedy)]
  } finally {
    await inbox.stop()
  }
}
