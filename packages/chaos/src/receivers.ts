import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen, readBody } from '@ctrip/local-stack/http-server'
import { Webhook } from 'standardwebhooks'
import type { PaymentView } from './api-client'
import type { Random } from './random'

/** The behaviour of an endpoint. All webhooks to the first four must arrive; the others must only not harm anyone else. */
export type ReceiverBehaviour = 'good' | 'slow' | 'flaky' | 'refusing' | 'dead' | 'hanging' | 'endless' | 'redirecting'

export const ABLE: ReadonlySet<ReceiverBehaviour> = new Set<ReceiverBehaviour>(['good', 'slow', 'flaky'])
const BODY_BYTES_MAX = 1024 * 1024
const HANG_MS = 30_000
const FLOOD = Buffer.alloc(64 * 1024, 'x')

export interface Delivery {
  readonly eventId: string
  readonly type: string
  readonly sequence: number
  readonly traceId: string
  readonly payment: PaymentView | null
  /** The payment of the event; null for sweeps. */
  readonly paymentId: string | null
  /** SHA-256 of the body: a snapshot is rendered once. */
  readonly digest: string
  readonly at: number
}

export interface Receivers {
  /** The URL of an endpoint with this behaviour. Call `expect` with its secret. */
  urlOf(endpoint: string, temper: ReceiverBehaviour): string
  expect(endpoint: string, secret: string): void
  deliveries(endpoint: string): readonly Delivery[]
  /** Requests whose signature did not verify. */
  unverified(): number
  lastAt(): number
  stop(): Promise<void>
}

interface Inbox {
  readonly temper: ReceiverBehaviour
  readonly deliveries: Delivery[]
  webhook: Webhook | null
}

interface Body {
  readonly id: string
  readonly type: string
  readonly sequence: number
  readonly trace_id: string
  readonly data: { readonly payment?: PaymentView; readonly transfer?: { readonly payment_id: string } }
}

/** The merchants' servers: all behind one port, told apart by path. */
export async function startReceivers(random: Random): Promise<Receivers> {
  const inboxes = new Map<string, Inbox>()
  let unverified = 0
  let lastAt = 0
  const server = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy()) // the sender has gone and will retry
  })

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const inbox = inboxes.get((request.url ?? '').slice(1))
    const text = (await readBody(request, BODY_BYTES_MAX)).toString()
    if (inbox === undefined) return void response.writeHead(404).end()
    const delivery = verify(inbox, request, text)
    if (delivery === null) unverified += 1
    await behave(inbox.temper, response, random, () => {
      if (delivery !== null) inbox.deliveries.push(delivery)
      lastAt = Date.now()
    })
  }

  const { url, stop } = await listen(server, 0)
  return {
    urlOf(endpoint, temper) {
      inboxes.set(endpoint, { temper, deliveries: [], webhook: null })
      return temper === 'dead' ? 'http://127.0.0.1:9/' : `${url}/${endpoint}`
    },
    expect(endpoint, secret) {
      const inbox = inboxes.get(endpoint)
      if (inbox !== undefined) inbox.webhook = new Webhook(secret)
    },
    deliveries: (endpoint) => inboxes.get(endpoint)?.deliveries ?? [],
    unverified: () => unverified,
    lastAt: () => lastAt,
    stop,
  }
}

/** Verifies with the reference implementation of Standard Webhooks, which shares no code with our signer. */
function verify({ webhook }: Inbox, request: IncomingMessage, text: string): Delivery | null {
  try {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const body = webhook?.verify(text, headers) as Body | undefined
    if (body === undefined) return null
    return {
      eventId: body.id,
      type: body.type,
      sequence: body.sequence,
      traceId: body.trace_id,
      payment: body.data.payment ?? null,
      paymentId: body.data.payment?.id ?? body.data.transfer?.payment_id ?? null,
      digest: createHash('sha256').update(text).digest('hex'),
      at: Date.now(),
    }
  } catch {
    return null // a wrong signature: counted by the caller
  }
}

async function behave(
  temper: ReceiverBehaviour,
  response: ServerResponse,
  random: Random,
  accept: () => void,
): Promise<void> {
  switch (temper) {
    case 'slow':
      await sleep(random.between(500, 3_000))
      break
    case 'flaky':
      if (random.chance(0.1)) return void response.destroy()
      if (random.chance(0.25)) return void response.writeHead(500).end('not today')
      break
    case 'refusing':
      return void response.writeHead(400).end('never')
    case 'redirecting':
      return void response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end()
    case 'hanging':
      await sleep(HANG_MS)
      return void response.destroy()
    case 'endless':
      return flood(response)
    case 'good':
    case 'dead':
      break
  }
  accept()
  response.writeHead(204).end()
}

/** A response that does not end until the client closes the connection. */
async function flood(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain' })
  while (!response.destroyed) {
    response.write(FLOOD)
    await sleep(20)
  }
}
