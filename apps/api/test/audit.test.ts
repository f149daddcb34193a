import { startTestApi, type TestApi } from './support/test-api'

let api: TestApi

beforeAll(async () => {
  api = await startTestApi()
}, 60_000)
afterAll(() => api?.close())

it('writes each of the operator’s calls down, for good', async () => {
  const merchant = await api.newMerchant()
  const path = `/api/v1/admin/merchants/${merchant.id}/api-keys`
  await api.admin.get(path, { 'x-request-id': 'audit-list-1' })
  await api.admin.post(path, { name: 'audited' }, { 'x-request-id': 'audit-create-1' })
  await api.admin.post('/api/v1/admin/chains/moon/backfill', { from: 1, to: 2 }, { 'x-request-id': 'audit-refused-1' })
  const entries = await api.db.prisma.audit_log.findMany({
    where: { request_id: { startsWith: 'audit-' } },
    orderBy: { id: 'asc' },
  })
  expect(entries.map(({ actor, action, target, detail }) => ({ actor, action, target, detail }))).toEqual([
    {
      actor: 'admin',
      action: 'GET /api/v1/admin/merchants/:id/api-keys',
      target: merchant.id,
      detail: { status: 200, body: {} },
    },
    {
      actor: 'admin',
      action: 'POST /api/v1/admin/merchants/:id/api-keys',
      target: merchant.id,
      detail: { status: 201, body: { name: 'audited' } },
    },
    {
      actor: 'admin',
      action: 'POST /api/v1/admin/chains/:chain/backfill',
      target: 'moon',
      detail: { status: 404, body: { from: 1, to: 2 } },
    },
  ])
  await expect(api.db.prisma.audit_log.deleteMany()).rejects.toThrow('append-only')
  await expect(api.db.prisma.$executeRaw`TRUNCATE audit_log`).rejects.toThrow('append-only')
  await expect(api.db.prisma.audit_log.updateMany({ data: { actor: 'nobody' } })).rejects.toThrow('append-only')
})

it('writes down the calls that did nothing too, without what was sent in them', async () => {
  const merchant = await api.newMerchant()
  const named = (name: string) => ({ 'x-request-id': `idle-audit-${name}` })
  const backfill = '/api/v1/admin/chains/anvil/backfill'
  await api.anonymous.post('/api/v1/admin/sweeps', {}, named('nobody'))
  await merchant.get('/api/v1/admin/merchants', named('merchant'))
  await api.admin.post(backfill, { from: 'a secret', to: 1 }, named('invalid'))
  await api.admin.post('/api/v1/admin/chains/a%00b/backfill', { from: 1, to: 2 }, named('unkeepable'))
  const once = { ...named('once'), 'idempotency-key': 'audited-once' }
  await api.admin.post(backfill, { from: 1, to: 2 }, once)
  await api.admin.post(backfill, { from: 1, to: 2 }, { ...once, ...named('replay') })
  await api.admin.post(backfill, { from: 1, to: 3 }, { ...once, ...named('reused') })
  const entries = await api.db.prisma.audit_log.findMany({
    where: { request_id: { startsWith: 'idle-audit-' } },
    orderBy: { id: 'asc' },
  })
  expect(
    entries.map(({ request_id, actor, target, detail }) => [request_id?.slice(11), actor, target, detail]),
  ).toEqual([
    ['nobody', 'stranger', null, { status: 401, code: 'unauthorized' }],
    ['merchant', 'stranger', null, { status: 403, code: 'forbidden' }],
    ['invalid', 'admin', 'anvil', { status: 422, code: 'validation_failed' }],
    ['unkeepable', 'admin', 'a\ufffdb', { status: 404, code: 'not_found' }],
    ['once', 'admin', 'anvil', { status: 202, body: { from: 1, to: 2 } }],
    ['replay', 'admin', 'anvil', { status: 202, replayed: true }],
    ['reused', 'admin', 'anvil', { status: 422, code: 'idempotency_key_reused' }],
  ])
})

it('writes down so many calls of strangers a minute, and no more', async () => {
  const strangers = { where: { actor: 'stranger' } }
  const calls = Array.from({ length: 100 }, () => api.anonymous.get('/api/v1/admin/merchants'))
  for (const { status } of await Promise.all(calls)) expect(status).toBe(401)
  // Twice as many where the minute ends meanwhile.
  expect(await api.db.prisma.audit_log.count(strangers)).toBeLessThanOrEqual(120)
})
