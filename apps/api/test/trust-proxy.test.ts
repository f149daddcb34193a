import { get } from 'node:http'
import { newId } from '@ctrip/domain/ids'
import { loadConfig } from '@ctrip/settings/config'
import { schema } from '../src/config'
import { apiClient } from './support/api-client'
import { startTestApi, type TestApi } from './support/test-api'

const LIMIT = 5

let api: TestApi

async function start(trustProxy: string): Promise<void> {
  api = await startTestApi({ RATE_LIMIT_PER_MINUTE: String(LIMIT), TRUST_PROXY: trustProxy })
}

/** How many of these requests for a payer's page were served. */
async function served(forwarded: readonly string[]): Promise<number> {
  let count = 0
  for (const address of forwarded) if ((await statusFor(address)) !== 429) count++
  return count
}

/** Not fetch: it refuses to send what is no header value of its own grammar. */
function statusFor(forwardedFor: string): Promise<number> {
  const url = `${api.url}/checkout/${newId('payment')}/state`
  return new Promise((resolve, reject) => {
    get(url, { headers: { 'x-forwarded-for': forwardedFor } }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).on('error', reject)
  })
}

const many = (address: (n: number) => string) => Array.from({ length: 3 * LIMIT }, (_, n) => address(n))

describe('an API behind proxies', () => {
  afterEach(() => api.close())

  it('believes no X-Forwarded-For where no proxy is trusted', async () => {
    await start('')
    expect(await served(many((n) => `203.0.113.${n}`))).toBe(LIMIT)
  }, 60_000)

  it('takes the address that a trusted network forwards, and none that a client put before it', async () => {
    await start('127.0.0.0/8, ::1/128, 10.0.0.0/8')
    expect(await served(many((n) => `203.0.113.${n}`))).toBe(3 * LIMIT)
    // The proxy appends the true address; what stands before it is the client's own invention.
    expect(await served(many((n) => `198.51.100.${n}, 192.0.2.1`))).toBe(LIMIT)
    expect(await served(many((n) => `198.51.100.${n}, 192.0.2.2, 10.1.2.3`))).toBe(LIMIT)
  }, 60_000)

  it('counts as many hops as there are proxies', async () => {
    await start('2')
    expect(await served(many((n) => `198.51.100.${n}, 192.0.2.1, 203.0.113.9`))).toBe(LIMIT)
  }, 60_000)

  it('keys a payer of IPv6 by the /64, and garbage by the connection that it came through', async () => {
    await start('127.0.0.0/8')
    expect(await served(many((n) => `2001:db8:1:2::${n.toString(16)}`))).toBe(LIMIT)
    expect(await served(many((n) => `2001:db8:1:${n.toString(16)}::1`))).toBeGreaterThanOrEqual(3 * LIMIT - 1)
    expect(await served(many((n) => `${n} garbage ${'x'.repeat(1000)}`))).toBe(LIMIT)
    expect(await served(many((n) => String(n)))).toBe(0)
  }, 60_000)

  it('binds a key to the address that a trusted proxy forwards', async () => {
    api = await startTestApi({ TRUST_PROXY: '1' })
    const { id } = await api.newMerchant()
    const limits = { allowed_cidrs: ['203.0.113.0/24'] }
    const { body } = await api.admin.post<{ key: string }>(`/api/v1/admin/merchants/${id}/api-keys`, limits)
    const client = apiClient(api.url, body.key)
    const from = async (address: string) =>
      (await client.get('/api/v1/payments', { 'x-forwarded-for': address })).status
    expect([await from('203.0.113.8'), await from('198.51.100.1'), await from('203.0.113.8, 198.51.100.1')]).toEqual([
      200, 403, 403,
    ])
  }, 60_000)
})

it.each(['eleven', '11', '-1', '1.5', '10.0.0.0', '10.0.0.0/33', '10.0.0.0/8 fd00::/8'])(
  'is no setting: TRUST_PROXY=%s',
  (value) => {
    const loaded = loadConfig(schema, { TRUST_PROXY: value })
    const problems = loaded.ok ? [] : loaded.problems
    expect(problems.filter((problem) => problem.startsWith('TRUST_PROXY:'))).toHaveLength(1)
  },
)
