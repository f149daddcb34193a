import { startTestApi, type TestApi } from './support/test-api'

let api: TestApi

beforeAll(async () => {
  api = await startTestApi({ RATE_LIMIT_PER_MINUTE: '10' })
}, 60_000)
afterAll(() => api?.close())

it('gives each key its own quota, and says when it is used up', async () => {
  const [one, two] = [await api.newMerchant(), await api.newMerchant()]
  const answers = []
  for (let n = 0; n < 12; n++) answers.push(await one.get('/api/v1/chains'))
  expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 200), 429, 429])
  expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"default";q=10;w=60')
  expect(answers[3]?.headers.get('ratelimit')).toMatch(/^"default";r=6;t=(59|60)$/)
  const refused = answers.at(-1)
  expect(refused?.body.code).toBe('rate_limited')
  expect(refused?.headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/)
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await two.get('/api/v1/chains')).status).toBe(200)
})
