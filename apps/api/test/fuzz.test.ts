import fc from 'fast-check'
import { rawBytes, sendRaw } from './fuzz/raw-bytes'
import { malformedRequests, sendMalformed } from './fuzz/requests'
import type { MerchantClient } from './support/new-merchant'
import { startTestApi, type TestApi } from './support/test-api'

// The long run, with seeds of its own, is `npm run fuzz`.
const SEED = 20_261_122

let api: TestApi
let merchant: MerchantClient

beforeAll(async () => {
  api = await startTestApi()
  merchant = await api.newMerchant()
}, 60_000)
afterAll(() => api?.close())

it('answers whatever is sent with what it documents, and never with a 5xx', async () => {
  await fc.assert(
    fc.asyncProperty(malformedRequests, async (request) => {
      expect(await sendMalformed({ merchant, admin: api.admin }, request)).toBeLessThan(500)
    }),
    { numRuns: 300, seed: SEED },
  )
}, 60_000)

it('answers raw bytes with a 4xx, a reset or what they ask for, and serves on', async () => {
  const port = Number(new URL(api.url).port)
  await fc.assert(
    fc.asyncProperty(rawBytes, async (bytes) => {
      expect(await sendRaw(port, bytes)).not.toMatch(/^HTTP\/1.1 5/)
    }),
    { numRuns: 100, seed: SEED },
  )
  expect((await api.anonymous.get('/health')).status).toBe(200)
}, 60_000)
