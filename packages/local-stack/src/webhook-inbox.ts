import { createServer, type IncomingHttpHeaders } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { listen, readBody } from './http-server'

const BODY_BYTES_MAX = 1024 * 1024
const RECEIVED_MAX = 10_000

export interface ReceivedWebhook {
  readonly verified: boolean
  readonly id: string
  readonly type: string
  readonly body: unknown
  readonly headers: IncomingHttpHeaders
  readonly receivedAt: Date
}

export interface WebhookInbox {
  readonly url: string
  /** The latest requests, oldest first, verified or not. */
  readonly received: () => readonly ReceivedWebhook[]
  /** The endpoint's `whsec_…`; known only once the endpoint exists, which needs our URL. Until then nothing verifies. */
  readonly expectSecret: (secret: string) => void
  readonly stop: () => Promise<void>
}

/**
 * The demo merchant's receiver. It verifies with the reference implementation of Standard Webhooks, which shares no code with
 * our signer, and responds with 204 if the signature verifies, else with 401.
 */
export async function startWebhookInbox(port = 0): Promise<WebhookInbox> {
  const received: ReceivedWebhook[] = []
  let webhook: Webhook | null = null
  const server = createServer((request, response) => {
    const receive = async () => {
      const webhookReceived = inspect(webhook, request.headers, await readBody(request, BODY_BYTES_MAX))
      received.push(webhookReceived)
      if (received.length > RECEIVED_MAX) received.shift()
      response.writeHead(webhookReceived.verified ? 204 : 401).end()
    }
    receive().catch((error: unknown) => response.writeHead(400).end(String(error)))
  })
  const { url, stop } = await listen(server, port)
  return {
    url: `${url}/webhooks`,
    received: () => received,
    expectSecret: (secret) => {
      webhook = new Webhook(secret)
    },
    stop,
  }
}

function inspect(webhook: Webhook | null, headers: IncomingHttpHeaders, body: Buffer): ReceivedWebhook {
  const text = body.toString('utf8')
  const id = String(headers['webhook-id'] ?? '')
  const unverified = { verified: false, id, type: '', body: text, headers, receivedAt: new Date() }
  if (webhook === null) return unverified
  try {
    const event = webhook.verify(text, flat(headers)) as { type?: unknown }
    return { ...unverified, verified: true, type: String(event.type), body: event }
  } catch {
    return unverified // a wrong signature or timestamp, or no JSON
  }
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
