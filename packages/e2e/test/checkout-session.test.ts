import { waitUntil } from '@ctrip/local-stack/wait-until'
import type { ReceivedWebhook } from '@ctrip/local-stack/webhook-inbox'
import type { Payment } from './support/api'
import { runCtrip } from './support/ctrip'
import { type Gateway, startGateway } from './support/gateway'
import { completeTrace, orphansOf } from './support/trace'

const CONFIRMED_TIMEOUT_MS = 60_000

interface Session {
  readonly id: string
  readonly status: string
  readonly amount_paid: string
  readonly amount_due: string
  readonly payments: string[]
  readonly trace_id: string
}

describe('a checkout session for 19.99 USD', () => {
  let gateway: Gateway

  beforeAll(async () => {
    gateway = await startGateway()
  }, 120_000)

  afterAll(() => gateway.stop(), 60_000)

  it('is complete once a part in USDC and the rest in ETH are confirmed, in one trace', async () => {
    const session = await openSession()
    const first = await choose(session.id, 'USDC')
    await gateway.send('USDC', first.address, 9_990_000n)
    const partlyPaid = await untilSession(session.id, ({ amount_paid }) => amount_paid === '999')
    expect(partlyPaid).toMatchObject({ status: 'open', amount_due: '1000' })

    const second = await choose(session.id, 'ETH')
    await gateway.send('ETH', second.address, BigInt(second.amount))
    const complete = await untilSession(session.id, ({ status }) => status === 'complete')
    expect(complete).toMatchObject({ amount_paid: '1999', amount_due: '0', payments: [first.id, second.id] })

    const { verified, body } = await untilTold(session.id, 'checkout_session.completed')
    expect({ verified, body }).toMatchObject({ verified: true, body: { sequence: 2, trace_id: session.trace_id } })
    expect([first.trace_id, second.trace_id]).toEqual([session.trace_id, session.trace_id])
    const queryUrl = gateway.descriptor().traces.query_url
    const names = ['checkout_session.created', 'payment.created', 'checkout_session.completed']
    const spans = await completeTrace(queryUrl, session.trace_id, [...names, 'checkout session lifecycle'])
    expect(orphansOf(spans)).toEqual([])
    const anchor = spans.find(({ name }) => name === 'checkout_session.created')
    const anchors = spans.filter(({ name, parent_span_id }) => {
      return name === 'payment.created' && parent_span_id === anchor?.span_id
    })
    expect(anchors).toHaveLength(2)
  }, 120_000)

  it('is paid by the command line, and opened again when a reorg removes the money', async () => {
    const session = await openSession()
    const options = ['--json', '--data', gateway.dataFolder, '--asset', 'USDC']
    const { status, stdout } = runCtrip(['pay', session.id, ...options], { timeoutMs: 60_000 })
    expect({ status, paid: JSON.parse(stdout) as unknown }).toMatchObject({ status: 0, paid: { amount: '19990000' } })
    const { block_number } = JSON.parse(stdout) as { block_number: number }
    await untilSession(session.id, (read) => read.status === 'complete')
    await gateway.reorgFrom(block_number)
    const reopened = await untilSession(session.id, (read) => read.status === 'open')
    expect(reopened).toMatchObject({ amount_paid: '0', amount_due: '1999' })
    expect((await untilTold(session.id, 'checkout_session.reopened')).verified).toBe(true)
  }, 120_000)

  async function json<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await gateway.api.request(method, path, body)
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  function openSession(): Promise<Session> {
    return json<Session>('POST', '/checkout-sessions', { price: { amount: '1999', currency: 'USD' } })
  }

  function choose(id: string, asset: string): Promise<Payment> {
    return json<Payment>('POST', `/checkout-sessions/${id}/payments`, { chain: gateway.chain.name, asset })
  }

  async function untilSession(id: string, isReached: (session: Session) => boolean): Promise<Session> {
    let session = await json<Session>('GET', `/checkout-sessions/${id}`)
    await waitUntil(`${id} as expected`, CONFIRMED_TIMEOUT_MS, async () => {
      session = await json<Session>('GET', `/checkout-sessions/${id}`)
      return isReached(session)
    })
    return session
  }

  async function untilTold(id: string, type: string): Promise<ReceivedWebhook> {
    const isOfSession = ({ body }: ReceivedWebhook): boolean =>
      (body as { data?: { checkout_session?: { id: string } } }).data?.checkout_session?.id === id
    const found = () => gateway.received().find((webhook) => webhook.type === type && isOfSession(webhook))
    await waitUntil(`webhook ${type} of ${id}`, 30_000, async () => found() !== undefined)
    const webhook = found()
    if (webhook === undefined) throw new Error(`no webhook ${type} of ${id} came`)
    return webhook
  }
})
