import type { QuotaUsage } from '@ctrip/db/merchants/quota-usage'
import { type MerchantId, newId } from '@ctrip/domain/ids'
import { createLogger } from '@ctrip/telemetry/logger'
import { quotaGate } from '../src/quota-gate'
import type { MerchantClient } from './support/new-merchant'
import { startTestApi, type TestApi } from './support/test-api'

const ORDER = { chain: 'anvil', asset: 'USDC', amount: '1500000' }

describe('quotas of merchants', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startTestApi({ MAX_OPEN_PAYMENTS: '3', MAX_PAYMENTS_PER_DAY: '5' })
  }, 60_000)
  afterAll(() => api?.close())

  async function create(merchant: MerchantClient, count: number) {
    const answers = []
    for (let n = 0; n < count; n++) answers.push(await merchant.post<{ id: string }>('/api/v1/payments', ORDER))
    return answers
  }
  const limit = (merchant: MerchantClient, quotas: object) =>
    api.admin.patch<{ quotas: object }>(`/api/v1/admin/merchants/${merchant.id}`, { quotas })

  it('refuse a payment above the number that may be open, for each merchant apart', async () => {
    const [one, other] = [await api.newMerchant(), await api.newMerchant()]
    expect((await create(one, 4)).map(({ status }) => status)).toEqual([201, 201, 201, 409])
    const [refused] = await create(one, 1)
    expect(refused?.body).toMatchObject({ code: 'too_many_open_payments' })
    expect((await create(other, 1))[0]?.status).toBe(201)
  })

  it('refuse a payment above the number of a day, and say when the next day begins', async () => {
    const merchant = await api.newMerchant()
    await limit(merchant, { open_payments: 100 })
    const answers = await create(merchant, 6)
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 429])
    const refused = answers[5]
    expect(refused?.body).toMatchObject({ code: 'daily_quota_exceeded' })
    const retryAfter = Number(refused?.headers.get('retry-after'))
    expect([retryAfter > 0, retryAfter <= 86_400]).toEqual([true, true])
  })

  it('are overridden for one merchant by operators, and reset by null', async () => {
    const merchant = await api.newMerchant()
    const changed = await limit(merchant, { open_payments: 1 })
    expect([changed.status, changed.body.quotas]).toEqual([200, { open_payments: 1, payments_per_day: null }])
    expect((await create(merchant, 2)).map(({ status }) => status)).toEqual([201, 409])
    expect((await limit(merchant, { open_payments: null })).body.quotas).toEqual({
      open_payments: null,
      payments_per_day: null,
    })
    expect((await limit(merchant, { open_payments: 0 })).status).toBe(422)
  })

  it('repeat the first response to a known Idempotency-Key, also once they are used up', async () => {
    const merchant = await api.newMerchant()
    const once = { 'idempotency-key': 'first' }
    const first = await merchant.post('/api/v1/payments', ORDER, once)
    await create(merchant, 3)
    const again = await merchant.post('/api/v1/payments', ORDER, once)
    expect([again.status, again.text, again.headers.get('idempotent-replayed')]).toEqual([201, first.text, 'true'])
    expect((await merchant.post('/api/v1/payments', ORDER, { 'idempotency-key': 'second' })).status).toBe(409)
  })

  it('hold for as many requests as come at once', async () => {
    const merchant = await api.newMerchant()
    const answers = await Promise.all(Array.from({ length: 20 }, () => merchant.post('/api/v1/payments', ORDER)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3)
  })
})

describe('the gate of quotas', () => {
  const merchant = newId('merchant')
  const none = { openPayments: null, paymentsPerDay: null }
  const log = createLogger({ service: 'ctrip-api', level: 'silent' })

  /** A gate whose counts and clock the test decides. */
  function gate() {
    const state = {
      at: Date.UTC(2026, 0, 31, 12),
      usage: { overrides: none, openPayments: 0, paymentsOfDay: 0 } as QuotaUsage,
      reads: 0,
    }
    const readUsage = async (_merchant: MerchantId): Promise<QuotaUsage> => {
      state.reads++
      return state.usage
    }
    const limits = { openPayments: 2, paymentsPerDay: 100 }
    return { state, gate: quotaGate({ limits, readUsage, log }, () => state.at) }
  }

  it('reads counts once for many creations', async () => {
    const { state, gate: quotas } = gate()
    state.usage = { ...state.usage, openPayments: -1_000 }
    for (let n = 0; n < 50; n++) expect(await quotas.admit(merchant)).toBeNull()
    expect(state.reads).toBe(1)
  })

  it('admits again a second after payments were closed', async () => {
    const { state, gate: quotas } = gate()
    state.usage = { ...state.usage, openPayments: 2 }
    expect((await quotas.admit(merchant))?.code).toBe('too_many_open_payments')
    state.usage = { ...state.usage, openPayments: 1 }
    state.at += 1_001
    expect(await quotas.admit(merchant)).toBeNull()
  })

  it('counts from zero when the day begins', async () => {
    const { state, gate: quotas } = gate()
    state.usage = { ...state.usage, paymentsOfDay: 100 }
    const refused = await quotas.admit(merchant)
    expect([refused?.code, refused?.more.headers]).toEqual(['daily_quota_exceeded', { 'Retry-After': '43200' }])
    state.at = Date.UTC(2026, 1, 1)
    state.usage = { ...state.usage, paymentsOfDay: 0 }
    expect(await quotas.admit(merchant)).toBeNull()
  })
})
