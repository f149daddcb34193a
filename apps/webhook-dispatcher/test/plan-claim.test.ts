import type { WaitingEndpoint } from '@ctrip/db/webhooks/delivery-claims'
import { newId } from '@ctrip/domain/ids'
import fc from 'fast-check'
import { LIMITS, planClaim, slots, type Usage } from '../src/plan-claim'

const waiting = (changes: Partial<WaitingEndpoint> = {}): WaitingEndpoint => {
  const id = newId('webhookEndpoint')
  return {
    id,
    merchantId: newId('merchant'),
    url: `https://${id}.example/x`,
    probe: false,
    first: 0,
    retries: 0,
    ...changes,
  }
}
const usage = (changes: Partial<Usage>): Usage => ({ ...slots(), total: 0, retries: 0, ...changes })

test('gives a lone endpoint no more than its slots', () => {
  const endpoint = waiting({ first: 100 })
  expect(planClaim([endpoint], slots(), LIMITS)).toEqual([
    { endpointId: endpoint.id, first: 16, retries: 0, probe: false },
  ])
})

test('lets a thousand endpoints of one merchant not starve another', () => {
  const merchantId = newId('merchant')
  const greedy = Array.from({ length: 1_000 }, () => waiting({ merchantId, first: 16 }))
  const modest = waiting({ first: 1 })
  const shares = planClaim([...greedy, modest], slots(), LIMITS)
  const total = shares.reduce((sum, { first }) => sum + first, 0)
  expect(total).toBe(LIMITS.perMerchant + 1)
  expect(shares).toContainEqual({ endpointId: modest.id, first: 1, retries: 0, probe: false })
})

test('limits what goes to one origin, whatever the path', () => {
  const endpoints = Array.from({ length: 10 }, (_, n) => waiting({ url: `https://one.example/${n}`, first: 16 }))
  const total = planClaim(endpoints, slots(), LIMITS).reduce((sum, { first }) => sum + first, 0)
  expect(total).toBe(LIMITS.perOrigin)
})

test('keeps half of the slots from retries', () => {
  const endpoints = Array.from({ length: 100 }, () => waiting({ retries: 16 }))
  const total = planClaim(endpoints, slots(), LIMITS).reduce((sum, { retries }) => sum + retries, 0)
  expect(total).toBe(LIMITS.retries)
})

test('takes first attempts and retries of an endpoint in turns', () => {
  expect(planClaim([waiting({ first: 16, retries: 16 })], slots(), LIMITS)).toMatchObject([{ first: 8, retries: 8 }])
})

test('gives a half-open circuit one probe', () => {
  expect(planClaim([waiting({ probe: true, first: 5, retries: 5 })], slots(), LIMITS)).toMatchObject([
    { first: 1, retries: 0, probe: true },
  ])
})

test('serves first who has the least under way', () => {
  const [busy, idle] = [waiting({ first: 5 }), waiting({ first: 5 })]
  const used = usage({ total: LIMITS.total - 1, endpoint: (id) => (id === busy.id ? 3 : 0) })
  expect(planClaim([busy, idle], used, LIMITS)).toMatchObject([{ endpointId: idle.id, first: 1 }])
})

test('never goes beyond a limit, and leaves no slot free that somebody could have', () => {
  const amount = fc.integer({ min: 0, max: 20 })
  const endpoint = fc.record({
    first: amount,
    retries: amount,
    merchant: fc.nat(3),
    origin: fc.nat(5),
    probe: fc.boolean(),
  })
  const merchants = Array.from({ length: 4 }, () => newId('merchant'))
  fc.assert(
    fc.property(fc.array(endpoint, { maxLength: 40 }), fc.integer({ min: 0, max: 256 }), (endpoints, total) => {
      const all = endpoints.map(({ merchant, origin, ...rest }) =>
        waiting({
          ...rest,
          merchantId: merchants[merchant] as WaitingEndpoint['merchantId'],
          url: `https://${origin}.example/`,
        }),
      )
      const shares = planClaim(all, usage({ total }), LIMITS)
      const sum = shares.reduce((so, { first, retries }) => so + first + retries, 0)
      expect(total + sum).toBeLessThanOrEqual(LIMITS.total)
      for (const { endpointId, first, retries, probe } of shares) {
        const asked = all.find(({ id }) => id === endpointId)
        expect(first).toBeLessThanOrEqual(asked?.first ?? 0)
        expect(retries).toBeLessThanOrEqual(asked?.retries ?? 0)
        expect(first + retries).toBeLessThanOrEqual(probe ? 1 : LIMITS.perEndpoint)
      }
      if (total < LIMITS.total && all.some(({ first }) => first > 0)) expect(sum).toBeGreaterThan(0)
    }),
    { numRuns: 100 },
  )
})
