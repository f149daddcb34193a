import { openSecretBox } from '@ctrip/db/database/secret-box'
import { idToUuid, parseId } from '@ctrip/domain/ids'
import type { PaymentView } from '@ctrip/domain/payment/view'
import type { ListBody } from './support/api-client'
import type { MerchantClient } from './support/new-merchant'
import { startTestApi, type TestApi } from './support/test-api'

const ENDPOINTS = '/api/v1/webhook-endpoints'
const HOOK = { url: 'https://shop.example/hook', events: ['payment.*'] }

interface Endpoint {
  readonly id: string
  readonly url: string
  readonly events: string[]
  readonly enabled: boolean
  readonly disabled_reason: string | null
  readonly secret?: string
}

interface Delivery {
  readonly id: string
  readonly trigger: string
  readonly status: string
  readonly event_type: string
  readonly next_attempt_at: string | null
}

let api: TestApi
let merchant: MerchantClient

beforeAll(async () => {
  api = await startTestApi()
}, 60_000)
beforeEach(async () => {
  merchant = await api.newMerchant()
})
afterAll(() => api?.close())

async function create(changes: object = {}): Promise<Endpoint> {
  const { status, body } = await merchant.post<Endpoint>(ENDPOINTS, { ...HOOK, ...changes })
  expect(status).toBe(201)
  return body
}

async function deliveries(query = ''): Promise<Delivery[]> {
  return (await merchant.get<ListBody<Delivery>>(`/api/v1/deliveries${query}`)).body.data
}

function uuidOf(endpoint: Endpoint): string {
  const id = parseId('webhookEndpoint', endpoint.id)
  if (id === null) throw new Error(`${endpoint.id} is no id`)
  return idToUuid(id)
}

async function secretsOf(endpoint: Endpoint): Promise<(string | null)[]> {
  const row = await api.db.prisma.webhook_endpoints.findUniqueOrThrow({ where: { id: uuidOf(endpoint) } })
  const box = openSecretBox(['ab'.repeat(32)])
  const open = (sealed: Uint8Array | null) =>
    sealed === null ? null : box.open(sealed, `webhook_endpoint:${endpoint.id}`)
  return [open(row.secret), open(row.previous_secret)]
}

it('shows the secret once, and keeps it sealed to its endpoint', async () => {
  const endpoint = await create()
  expect(Buffer.from(endpoint.secret?.slice('whsec_'.length) ?? '', 'base64').length).toBe(32)
  expect(await secretsOf(endpoint)).toEqual([endpoint.secret, null])
  expect((await merchant.get<Endpoint>(`${ENDPOINTS}/${endpoint.id}`)).body.secret).toBeUndefined()
  expect((await merchant.get<ListBody<Endpoint>>(ENDPOINTS)).text).not.toContain(endpoint.secret)
})

it('goes on signing with the old secret for a day after a rotation', async () => {
  const endpoint = await create()
  const rotated = (await merchant.post<Endpoint>(`${ENDPOINTS}/${endpoint.id}/rotate-secret`)).body
  expect(rotated.secret).not.toBe(endpoint.secret)
  expect(await secretsOf(endpoint)).toEqual([rotated.secret, endpoint.secret])
  const row = await api.db.prisma.webhook_endpoints.findUniqueOrThrow({ where: { id: uuidOf(endpoint) } })
  const hours = ((row.previous_secret_until?.getTime() ?? 0) - Date.now()) / 3_600_000
  expect(hours).toBeCloseTo(24, 1)
})

it('changes what is given, and leaves the rest', async () => {
  const endpoint = await create({ description: 'orders' })
  const path = `${ENDPOINTS}/${endpoint.id}`
  const { secret: _secret, ...shown } = endpoint
  expect((await merchant.patch<Endpoint>(path, {})).body).toEqual(shown)
  expect((await merchant.patch<Endpoint>(path, { events: ['*'], description: null })).body).toEqual({
    ...shown,
    events: ['*'],
    description: null,
  })
  expect((await merchant.patch(path, { url: 'http://10.0.0.1/' })).status).toBe(422)
})

it('keeps headers sealed, and shows their names alone', async () => {
  const headers = { Authorization: 'Basic c3RhZ2luZzpvcGVu', 'X-Edge-Key': 'k1' }
  const endpoint = await create({ headers, metadata_equals: { shop: 'north' } })
  expect(endpoint).toMatchObject({
    header_names: ['authorization', 'x-edge-key'],
    metadata_equals: { shop: 'north' },
    ...{ circuit: 'closed', failing_since: null, consecutive_failures: 0, next_attempt_at: null },
  })
  const path = `${ENDPOINTS}/${endpoint.id}`
  expect((await merchant.get(path)).text).not.toContain('c3RhZ2luZzpvcGVu')
  const row = await api.db.prisma.webhook_endpoints.findUniqueOrThrow({ where: { id: uuidOf(endpoint) } })
  const opened = openSecretBox(['ab'.repeat(32)]).open(
    row.headers ?? new Uint8Array(),
    `webhook_endpoint_headers:${endpoint.id}`,
  )
  expect(JSON.parse(opened)).toEqual({ authorization: headers.Authorization, 'x-edge-key': 'k1' })
  const { body } = await merchant.patch(path, { headers: null, metadata_equals: null })
  expect(body).toMatchObject({ header_names: [], metadata_equals: null })
})

it('says how it has been answering, and when the next try is', async () => {
  const endpoint = await create()
  await merchant.post(`${ENDPOINTS}/${endpoint.id}/test`)
  const [failingSince, openUntil] = [new Date(Date.now() - 60_000), new Date(Date.now() + 50_000)]
  await api.db.prisma.webhook_endpoints.update({
    where: { id: uuidOf(endpoint) },
    data: { failing_since: failingSince, consecutive_failures: 12, circuit_open_until: openUntil },
  })
  expect((await merchant.get(`${ENDPOINTS}/${endpoint.id}`)).body).toMatchObject({
    failing_since: failingSince.toISOString(),
    consecutive_failures: 12,
    circuit: 'open',
    next_attempt_at: openUntil.toISOString(),
  })
})

it('starts with a clean sheet when it is enabled again', async () => {
  const endpoint = await create()
  const { prisma } = api.db
  const where = { id: uuidOf(endpoint) }
  const trouble = {
    enabled: false,
    disabled_reason: 'failed for 5 days',
    consecutive_failures: 9,
    failing_since: new Date(),
  }
  await prisma.webhook_endpoints.update({ where, data: trouble })
  const { body } = await merchant.patch<Endpoint>(`${ENDPOINTS}/${endpoint.id}`, { enabled: true })
  expect(body).toMatchObject({ enabled: true, disabled_reason: null })
  expect(await prisma.webhook_endpoints.findUnique({ where })).toMatchObject({
    consecutive_failures: 0,
    failing_since: null,
  })
})

it('lets a merchant have twenty, however many are asked for at once', async () => {
  const answers = await Promise.all(Array.from({ length: 25 }, () => merchant.post(ENDPOINTS, HOOK)))
  const statuses = answers.map(({ status }) => status).sort()
  expect(statuses).toEqual([...Array.from({ length: 20 }, () => 201), ...Array.from({ length: 5 }, () => 409)])
})

describe('what was told can be told again', () => {
  async function payAndTell(): Promise<string> {
    await merchant.post<PaymentView>('/api/v1/payments', { chain: 'anvil', asset: 'ETH', amount: '1' })
    const [event] = await api.eventsOf(merchant)
    return event?.id ?? ''
  }

  it('one event, to those that want it', async () => {
    await create()
    await create({ events: ['payment.created'] })
    await create({ events: ['sweep.*'] })
    await create({ events: ['*'], enabled: false })
    const event = await payAndTell()
    const { status, body } = await merchant.post<{ deliveries: number }>(`/api/v1/events/${event}/resend`)
    expect([status, body.deliveries]).toEqual([202, 2])
    await merchant.post(`/api/v1/events/${event}/resend`)
    const made = await deliveries(`?event=${event}`)
    expect(made.map(({ trigger, status }) => [trigger, status])).toEqual(Array(4).fill(['resend', 'pending']))
  })

  it('those of a period that are missing, once', async () => {
    const since = new Date(Date.now() - 60_000).toISOString()
    await payAndTell()
    const endpoint = await create()
    const replay = (only: string) =>
      merchant.post<{ deliveries: number }>(`${ENDPOINTS}/${endpoint.id}/replay`, { since, only })
    expect((await replay('failed')).body).toMatchObject({ deliveries: 0, continue_from: null })
    expect((await replay('missing')).body.deliveries).toBe(1)
    expect((await replay('missing')).body.deliveries).toBe(0)
    // Still waiting to be delivered: nothing to add.
    expect((await replay('all')).body.deliveries).toBe(0)
    const queued = await api.db.prisma.delivery_queue.count({ where: { endpoint_id: uuidOf(endpoint) } })
    expect(queued).toBe(1)
  })

  it('what waits for a retry is tried now, and counted', async () => {
    const since = new Date(Date.now() - 60_000).toISOString()
    const endpoint = await create()
    await payAndTell()
    await merchant.post(`${ENDPOINTS}/${endpoint.id}/replay`, { since, only: 'missing' })
    await api.db.prisma.delivery_queue.updateMany({
      where: { endpoint_id: uuidOf(endpoint) },
      data: { attempts: 4, due_at: new Date(Date.now() + 86_400_000) },
    })
    const { body } = await merchant.post(`${ENDPOINTS}/${endpoint.id}/replay`, { since, only: 'failed' })
    expect(body).toMatchObject({ deliveries: 1, brought_forward: 1, continue_from: null })
    const [delivery] = await deliveries(`?endpoint=${endpoint.id}`)
    expect(Date.parse(delivery?.next_attempt_at ?? '')).toBeLessThanOrEqual(Date.now())
  })

  it('those that failed, and not those that were delivered', async () => {
    const since = new Date(Date.now() - 60_000).toISOString()
    const endpoint = await create()
    const event = await payAndTell()
    await merchant.post(`/api/v1/events/${event}/resend`)
    const replay = async (only: string) =>
      (await merchant.post<{ deliveries: number }>(`${ENDPOINTS}/${endpoint.id}/replay`, { since, only })).body
        .deliveries
    await settle('dead_lettered')
    expect(await replay('failed')).toBe(1)
    await settle('delivered')
    expect(await replay('failed')).toBe(0)
    expect(await replay('all')).toBe(1)
  })

  /** As the dispatcher does with all that is pending. */
  async function settle(status: string): Promise<void> {
    await api.db.prisma.$executeRaw`
      UPDATE deliveries SET status = ${status}, dead_lettered_at = CASE WHEN ${status} = 'dead_lettered' THEN now() END
      WHERE status = 'pending'`
    await api.db.prisma.delivery_queue.deleteMany()
  }
})

it('sends a test to one endpoint whatever its filter, and lists it nowhere', async () => {
  const endpoint = await create({ events: ['sweep.failed'] })
  await create({ events: ['*'] })
  const { status } = await merchant.post(`${ENDPOINTS}/${endpoint.id}/test`)
  expect(status).toBe(202)
  const [delivery, ...others] = await deliveries()
  expect(others).toEqual([])
  expect(delivery).toMatchObject({ trigger: 'test', event_type: 'endpoint.test', endpoint_id: endpoint.id })
  expect(delivery?.next_attempt_at).not.toBeNull()
  expect((await merchant.get<ListBody<unknown>>('/api/v1/events')).body.data).toEqual([])
  expect(await api.db.prisma.outbox.count()).toBe(0)
})

it('refuses to test or replay where nothing is sent', async () => {
  const { id } = await create({ enabled: false })
  for (const [call, body] of [
    ['test', {}],
    ['replay', { since: '2026-01-01T00:00:00Z', only: 'all' }],
  ] as const) {
    const answer = await merchant.post(`${ENDPOINTS}/${id}/${call}`, body)
    expect([answer.status, answer.body.code]).toEqual([409, 'endpoint_disabled'])
  }
})

it('discards what waits for an endpoint that is deleted', async () => {
  const { id } = await create()
  await merchant.post(`${ENDPOINTS}/${id}/test`)
  expect((await merchant.delete(`${ENDPOINTS}/${id}`)).status).toBe(200)
  expect((await merchant.get(`${ENDPOINTS}/${id}`)).status).toBe(404)
  expect(await deliveries()).toMatchObject([{ status: 'discarded', next_attempt_at: null }])
})

it.each([
  [{ events: [] }, 'events'],
  [{ events: ['payment.paid'] }, 'events.0'],
  [{ events: ['webhook.dead_lettered'] }, 'events.0'],
  [{ events: 'payment.*' }, 'events'],
  [{ url: 'shop.example' }, 'url'],
  [{ url: `https://shop.example/${'x'.repeat(2048)}` }, 'url'],
  [{ enabled: 'yes' }, 'enabled'],
  [{ headers: { Host: 'inside' } }, 'headers.Host'],
  [{ headers: { 'Webhook-Signature': 'v1,x' } }, 'headers.Webhook-Signature'],
  [{ headers: { 'X-Key': 'a\r\nb' } }, 'headers.X-Key'],
  [{ headers: { 'x y': 'a' } }, 'headers.x y'],
])('refuses %j', async (changes, param) => {
  const { status, body } = await merchant.post(ENDPOINTS, { ...HOOK, ...changes })
  expect([status, body.param]).toEqual([422, param])
})
