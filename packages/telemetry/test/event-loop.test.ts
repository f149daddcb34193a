import { watchEventLoop } from '../src/event-loop'
import { registry } from '../src/metrics'

/** A clock of the test's own: no test waits for a block of twenty seconds. */
let now = 1_000
let watch: ReturnType<typeof watchEventLoop>

beforeAll(() => {
  watch = watchEventLoop(() => now)
})
afterAll(() => watch.stop())

async function reported(): Promise<number> {
  const line = (await registry.metrics())
    .split('\n')
    .find((text) => text.startsWith('ctrip_event_loop_blocked_seconds '))
  return Number(line?.split(' ')[1])
}

test('reports a block that ends with the scrape, which no timer has noticed yet', async () => {
  now += 20_000
  expect(await reported()).toBeCloseTo(19.9)
})

test('reports the longest block of the last minute, also after shorter ones', async () => {
  now += 2_000
  expect(await reported()).toBeCloseTo(19.9)
})

test('forgets a block after a minute', async () => {
  for (let turns = 0; turns < 700; turns++) {
    now += 100
    await reported()
  }
  expect(await reported()).toBe(0)
})
