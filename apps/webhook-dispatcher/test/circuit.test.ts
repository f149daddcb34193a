import type { EndpointHealth } from '@ctrip/db/webhooks/endpoint-health'
import { newId } from '@ctrip/domain/ids'
import { DISABLE_AFTER_MS, FAILURES_TO_OPEN, nextHealth, type Signal } from '../src/circuit'

const NOW = new Date('2026-03-01T12:00:00Z')
const WELL: EndpointHealth = {
  id: newId('webhookEndpoint'),
  merchantId: newId('merchant'),
  enabled: true,
  disabledReason: null,
  consecutiveFailures: 0,
  failingSince: null,
  failureWarnings: 0,
  circuitOpenUntil: null,
  pausedUntil: null,
}
const FAILED: Signal = { at: NOW, outcome: 'failed', probe: false, quietMs: null }
const PROBE_FAILED: Signal = { ...FAILED, probe: true }

const later = (ms: number) => new Date(NOW.getTime() + ms)
const afterFailures = (count: number) =>
  Array.from({ length: count }).reduce<EndpointHealth>((health) => nextHealth(health, FAILED).health, WELL)

test('opens for a second at the tenth failure in a row', () => {
  expect(afterFailures(FAILURES_TO_OPEN - 1).circuitOpenUntil).toBeNull()
  expect(afterFailures(FAILURES_TO_OPEN).circuitOpenUntil).toEqual(later(1_000))
})

test('is not opened further by what was sent before it opened', () => {
  expect(afterFailures(FAILURES_TO_OPEN + 6)).toEqual(afterFailures(FAILURES_TO_OPEN))
})

test('opens twice as long for each failed probe, a minute at most', () => {
  let health = afterFailures(FAILURES_TO_OPEN)
  const opened = Array.from({ length: 8 }, () => {
    health = nextHealth(health, PROBE_FAILED).health
    return (health.circuitOpenUntil?.getTime() ?? 0) - NOW.getTime()
  })
  expect(opened).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
})

test('forgives all for one success', () => {
  expect(nextHealth(afterFailures(12), { ...PROBE_FAILED, outcome: 'delivered' }).health).toEqual(WELL)
})

test('pauses where asked to, and takes that for a sign of life', () => {
  const { health } = nextHealth(WELL, { ...FAILED, quietMs: 30_000 })
  expect(health).toMatchObject({ pausedUntil: later(30_000), consecutiveFailures: 0, circuitOpenUntil: null })
  expect(health.failingSince).toEqual(NOW)
})

test('warns after an hour and each day of failure, once each, and disables after five days', () => {
  const told: string[] = []
  let health: EndpointHealth = WELL
  for (let hours = 0; hours <= 130; hours++) {
    const next = nextHealth(health, { ...FAILED, at: later(hours * 3_600_000) })
    health = next.health
    told.push(...next.events.map((type) => `${hours} h: ${type}`))
  }
  expect(told).toEqual([
    ...[1, 24, 48, 72, 96].map((hours) => `${hours} h: webhook.endpoint_failing`),
    '120 h: webhook.endpoint_disabled',
  ])
  expect(health).toMatchObject({ enabled: false, disabledReason: 'failing' })
})

test('starts to count anew after a success', () => {
  const failing = { ...WELL, failingSince: later(-DISABLE_AFTER_MS + 1), failureWarnings: 5 }
  const recovered = nextHealth(failing, { ...FAILED, outcome: 'delivered' }).health
  expect(nextHealth(recovered, FAILED)).toMatchObject({ health: { enabled: true, failingSince: NOW }, events: [] })
})

test('disables an endpoint that is gone', () => {
  const { health, events } = nextHealth(WELL, { ...FAILED, outcome: 'gone' })
  expect(health).toMatchObject({ enabled: false, disabledReason: 'gone' })
  expect(events).toEqual(['webhook.endpoint_disabled'])
})

test('leaves a disabled endpoint as it is', () => {
  const off = { ...WELL, enabled: false }
  expect(nextHealth(off, FAILED)).toEqual({ health: off, events: [] })
})
