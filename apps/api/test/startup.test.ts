import { parseAccountXpub } from '@ctrip/chain/addresses'
import { assert } from '@ctrip/domain/assert'
import { createLogger } from '@ctrip/telemetry/logger'
import express from 'express'
import { rateLimit } from '../src/http/rate-limit'
import { listen } from '../src/listen'
import { buildApi } from '../src/service'
import { OTHER_XPUB } from './support/fixtures'
import { startTestApi, type TestApi } from './support/test-api'

const SILENT = { log: createLogger({ service: 'test', level: 'silent' }), signal: new AbortController().signal }

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
}, 60_000)
afterAll(() => api?.close())

it('refuses to start on a database that cannot be reached', async () => {
  const config = { ...api.config, DATABASE_URL: 'postgresql://127.0.0.1:1/ctrip' }
  await expect(buildApi({ config, ...SILENT })).rejects.toThrow(/^DATABASE_URL: Postgres cannot be reached/)
})

it('refuses to start with the xpub of another wallet than the database’s', async () => {
  const parsed = parseAccountXpub(OTHER_XPUB)
  assert(parsed.ok, 'the fixture is an xpub')
  const service = await buildApi({ config: { ...api.config, DEPOSIT_XPUB: parsed.xpub }, ...SILENT })
  await expect(service.start()).rejects.toThrow(/^DEPOSIT_XPUB: is not the wallet/)
  await service.stop()
})

it('refuses to start on a port that is taken', async () => {
  const port = Number(new URL(api.url).port)
  await expect(
    listen(express(), { port, host: '127.0.0.1', refuse: { docsUrl: '', rateLimit: rateLimit(0) } }),
  ).rejects.toThrow(/^PORT: cannot listen on port \d+ \(EADDRINUSE\)/)
})

// Last: the service does not come back.
it('answers what it has begun before it stops, and drops nothing halfway', async () => {
  const merchant = await api.newMerchant()
  const order = { chain: 'anvil', asset: 'ETH', amount: '1' }
  const asked = Array.from({ length: 20 }, () =>
    merchant.post('/api/v1/payments', order).then(
      ({ status }) => status,
      () => 'refused' as const,
    ),
  )
  await Promise.race(asked)
  await api.service.stop()
  const answers = await Promise.all(asked)
  expect(answers.filter((answer) => answer !== 201 && answer !== 'refused')).toEqual([])
  expect(await api.db.prisma.payments.count()).toBe(answers.filter((answer) => answer === 201).length)
})
