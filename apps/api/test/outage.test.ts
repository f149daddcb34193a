import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { transaction } from '@ctrip/db/database/transaction'
import { idToUuid } from '@ctrip/domain/ids'
import type { PaymentView } from '@ctrip/domain/payment/view'
import { freePort } from '@ctrip/local-stack/free-port'
import { startNats } from '@ctrip/local-stack/nats'
import { startPostgres } from '@ctrip/local-stack/postgres'
import type { ListBody } from './support/api-client'
import { startTestApi, type TestApi } from './support/test-api'

const ORDER = { chain: 'anvil', asset: 'ETH', amount: '1' }

/** A folder that Postgres, run as another user, can reach. */
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ctrip-outage-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('answers 503 while Postgres is away, and serves again by itself when it is back', async () => {
  const [port, nats] = await Promise.all([freePort(), startNats()])
  const postgres = await startPostgres({ folder, port })
  const api = await startTestApi({}, { postgresUrl: postgres.url, natsUrl: nats.url })
  const merchant = await api.newMerchant()
  const created = await merchant.post<PaymentView>('/api/v1/payments', ORDER)
  expect(created.status).toBe(201)

  await postgres.stop()
  for (const answer of [await merchant.post('/api/v1/payments', ORDER), await merchant.get('/api/v1/payments')]) {
    expect([answer.status, answer.body.code]).toEqual([503, 'service_unavailable'])
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect((await api.anonymous.get('/health')).status).toBe(200)
  const page = await fetch(`${api.url}/checkout/${created.body.id}`)
  expect([page.status, await page.text()]).toEqual([503, expect.stringContaining('Please try again in a moment')])

  const again = await startPostgres({ folder, port })
  const deadline = Date.now() + 10_000
  let status = 503
  for (; status === 503 && Date.now() < deadline; await sleep(50))
    status = (await merchant.post('/api/v1/payments', ORDER)).status
  expect(status).toBe(201)
  await api.close()
  await Promise.all([again.stop(), nats.stop()])
}, 60_000)

it('answers every route with 503 while Postgres is frozen, and serves again once it goes on', async () => {
  const [postgres, nats] = await Promise.all([startPostgres(), startNats()])
  const api = await startTestApi({}, { postgresUrl: postgres.url, natsUrl: nats.url })
  const merchant = await api.newMerchant()
  const { body: payment } = await merchant.post<PaymentView>('/api/v1/payments', ORDER)
  const { body: document } = await api.anonymous.get<OpenApiPaths>('/openapi.json')
  const requests = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => path.startsWith('/api/v1/') && !path.startsWith('/api/v1/admin/') && method !== 'parameters')
      .map((method) => ({ method: method.toUpperCase(), path: path.replace(/\{[^}]*\}/g, payment.id) })),
  )
  expect(requests.length).toBeGreaterThan(15)

  const pids = processesOf(postgres.pid)
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  try {
    const responses = await Promise.all(
      requests.map(async ({ method, path }) => {
        const headers = { authorization: `Bearer ${merchant.key}`, 'content-type': 'application/json' }
        const order = method === 'GET' ? {} : { body: JSON.stringify(ORDER) }
        const response = await fetch(api.url + path, { method, headers, ...order })
        return { request: `${method} ${path}`, status: response.status, retry: response.headers.has('retry-after') }
      }),
    )
    expect(responses).toEqual(responses.map(({ request }) => ({ request, status: 503, retry: true })))
    expect((await fetch(`${api.url}/checkout/${payment.id}`)).status).toBe(503)
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  }
  const deadline = Date.now() + 20_000
  let status = 503
  for (; status === 503 && Date.now() < deadline; await sleep(50))
    status = (await merchant.post('/api/v1/payments', ORDER)).status
  expect(status).toBe(201)
  await api.close()
  await Promise.all([postgres.stop(), nats.stop()])
}, 120_000)

interface OpenApiPaths {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** A server and its children: one process per connection. */
function processesOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(processesOf)]
}

it('makes payments while NATS is away, and tells of them when it is back', async () => {
  const port = await freePort()
  const api = await startTestApi({ NATS_URL: `nats://127.0.0.1:${port}` })
  const merchant = await api.newMerchant()
  const { status, body } = await merchant.post<PaymentView>('/api/v1/payments', ORDER)
  expect(status).toBe(201)
  const unpublished = { payment_id: idToUuid(body.id), position: null }
  expect(await api.db.prisma.events.count({ where: unpublished })).toBe(1)

  const nats = await startNats({ port })
  expect(await api.eventsOf(merchant)).toHaveLength(1)
  await api.close()
  await nats.stop()
}, 60_000)

it('answers 503 where a lock on the table keeps it waiting, and serves again once it is gone', async () => {
  const api = await startTestApi()
  const merchant = await api.newMerchant()
  const unlock = await lockPayments(api)
  const orders = Array.from({ length: 40 }, () => merchant.post('/api/v1/payments', ORDER))
  const reads = Array.from({ length: 20 }, () => merchant.get('/api/v1/payments'))
  for (const { status, body, headers } of await Promise.all([...orders, ...reads])) {
    expect([status, body.code]).toEqual([503, 'service_unavailable'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  }
  await unlock()
  expect((await merchant.post('/api/v1/payments', ORDER)).status).toBe(201)
  expect((await merchant.get<ListBody<PaymentView>>('/api/v1/payments')).body.data).toHaveLength(1)
  await api.close()
}, 60_000)

/** Until the function that it returns is called. */
async function lockPayments({ db }: TestApi): Promise<() => Promise<void>> {
  let release = (): void => undefined
  const released = new Promise<false>((resolve) => {
    release = () => resolve(false)
  })
  let holding = Promise.resolve()
  await new Promise<void>((locked) => {
    holding = transaction(db, 'test', async (tx) => {
      await tx.$executeRaw`LOCK TABLE payments`
      locked()
      // Not idle meanwhile: that ends a transaction.
      while (await Promise.race([released, sleep(100, true)])) await tx.$queryRaw`SELECT 1`
    })
  })
  return () => {
    release()
    return holding
  }
}
