import { newId } from '@ctrip/domain/ids'
import { MERCHANT_SCOPES, OPERATOR_ROLES, OPERATOR_SCOPES, SCOPES_OF_ROLE } from '@ctrip/domain/scopes'
import { endpoints } from '../src/routes/endpoints'
import { type ApiClient, apiClient } from './support/api-client'
import { startTestApi, type TestApi } from './support/test-api'

let api: TestApi
const clients = new Map<string, ApiClient>()

const MERCHANT_ROUTES = endpoints.filter(({ spec }) => spec.access === 'merchant')
const ADMIN_ROUTES = endpoints.filter(({ spec }) => spec.access === 'admin')

beforeAll(async () => {
  api = await startTestApi()
  const merchant = await api.newMerchant()
  for (const scope of MERCHANT_SCOPES) {
    const path = `/api/v1/admin/merchants/${merchant.id}/api-keys`
    const { body } = await api.admin.post<{ key: string }>(path, { scopes: [scope] })
    clients.set(scope, apiClient(api.url, body.key))
  }
  clients.set('all scopes', merchant)
  for (const role of OPERATOR_ROLES) {
    const { body } = await api.admin.post<{ key: string }>('/api/v1/admin/operators', { name: `an ${role}`, role })
    clients.set(role, apiClient(api.url, body.key))
  }
}, 60_000)
afterAll(() => api?.close())

/** The response's status and code to a call whose ids name nothing and whose body is invalid: only rights decide about 403. */
async function call(holder: string, method: string, path: string) {
  const client = clients.get(holder)
  if (client === undefined) throw new Error(`no client for ${holder}`)
  const target = path.replace(':chain', 'nowhere').replace(':id', newId(idKindOf(path)))
  const sendsBody = method === 'post' || method === 'patch'
  const headers = sendsBody ? { 'content-type': 'application/json' } : {}
  return client.raw(method.toUpperCase(), target, sendsBody ? '{"not_a_field":1}' : null, headers)
}

function idKindOf(path: string) {
  if (path.includes('/payments')) return 'payment'
  if (path.includes('/webhook-endpoints')) return 'webhookEndpoint'
  if (path.includes('/deliveries')) return 'delivery'
  if (path.includes('/events')) return 'event'
  if (path.includes('/sweeps')) return 'sweep'
  if (path.includes('/operators')) return 'operator'
  return path.includes('/admin/api-keys') ? 'apiKey' : 'merchant'
}

describe('a merchant’s key with one scope', () => {
  it.each(MERCHANT_ROUTES.map(({ spec }) => [spec.operation, spec.scope, spec.method, spec.path] as const))(
    '%s is open to %s alone',
    async (_operation, scope, method, path) => {
      for (const holder of [...MERCHANT_SCOPES, 'all scopes']) {
        const { status, body } = await call(holder, method, path)
        const isOpen = holder === scope || holder === 'all scopes'
        expect([holder, status === 403]).toEqual([holder, !isOpen])
        if (!isOpen) {
          expect(body.code).toBe('insufficient_scope')
          expect(body.detail).toContain(`needs the scope ${scope}`)
        }
      }
    },
  )
})

describe('an operator’s key', () => {
  it.each(ADMIN_ROUTES.map(({ spec }) => [spec.operation, spec.method, spec.path] as const))(
    '%s is open to operators, and to viewers only as a GET',
    async (_operation, method, path) => {
      const { status, body } = await call('viewer', method, path)
      expect([status === 403, status === 403 ? body.code : null]).toEqual(
        method === 'get' ? [false, null] : [true, 'insufficient_scope'],
      )
      expect((await call('operator', method, path)).status).not.toBe(403)
    },
  )

  it.each(MERCHANT_ROUTES.map(({ spec }) => [spec.operation, spec.method, spec.path] as const))(
    '%s is closed to operators',
    async (_operation, method, path) => {
      for (const role of OPERATOR_ROLES) {
        const { status, body } = await call(role, method, path)
        expect([role, status, body.code]).toEqual([role, 403, 'forbidden'])
      }
    },
  )
})

it('gives every scope a route, and every route of a method a scope that says whether it changes anything', () => {
  const used = new Set(endpoints.map(({ spec }) => spec.scope))
  expect([...used].sort()).toEqual([...MERCHANT_SCOPES, ...OPERATOR_SCOPES].sort())
  for (const { spec } of endpoints)
    expect([spec.operation, spec.scope.split(':')[1]]).toEqual([
      spec.operation,
      spec.method === 'get' ? 'read' : 'write',
    ])
  expect(SCOPES_OF_ROLE).toEqual({ operator: ['admin:read', 'admin:write'], viewer: ['admin:read'] })
})
