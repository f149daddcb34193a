import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startNats } from '@ctrip/local-stack/nats'
import { startPostgres } from '@ctrip/local-stack/postgres'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { cpuSecondsOf } from '../load/cpu'
import { startDispatcher } from '../webhooks/dispatcher'
import { makeWorld, type World } from '../webhooks/world'
import { type Comparison, compare } from './compare'
import { telemetrySettings } from './settings'

const ROUNDS = 4
const EVENTS = 1_500 // of ten deliveries each
/** Until then it warms up, and is not measured. */
const WARM_UP_SHARE = 0.3

/** CPU per delivery of a dispatcher that works a backlog off, started anew for each half of a round. */
export async function deliveryCost(drainUrl: string): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-bench-telemetry-'))
  const [postgres, nats] = await Promise.all([startPostgres({ durable: true }), startNats()])
  const receiver = fork(join(__dirname, '..', 'webhooks', 'receiver.js'))
  try {
    const [{ ports }] = (await once(receiver, 'message')) as [{ ports: number[] }]
    const world = await makeWorld(postgres.url, nats.url, ports)
    const settings = telemetrySettings(drainUrl)
    const start = (which: 'on' | 'off') => startDispatcher(folder, postgres.url, nats.url, settings[which])
    const comparison = await compare(ROUNDS, (which) => cpuMsPerDelivery(world, () => start(which)))
    await world.close()
    return comparison
  } finally {
    receiver.disconnect()
    await Promise.all([postgres.stop(), nats.stop()])
    rmSync(folder, { recursive: true })
  }
}

async function cpuMsPerDelivery(world: World, start: () => ReturnType<typeof startDispatcher>): Promise<number> {
  const settledBefore = await world.settled()
  const total = EVENTS * world.endpointsPerEvent
  await world.append(EVENTS, 500)
  const dispatcher = await start()
  try {
    const reach = async (share: number) => {
      let settled = 0
      await waitUntil(`${share * total} deliveries`, 120_000, async () => {
        settled = (await world.settled()) - settledBefore
        return settled >= share * total
      })
      return { settled, cpuSeconds: cpuSecondsOf(dispatcher.pid) }
    }
    const [first, last] = [await reach(WARM_UP_SHARE), await reach(1)]
    return ((last.cpuSeconds - first.cpuSeconds) * 1_000) / (last.settled - first.settled)
  } finally {
    await dispatcher.stop()
  }
}
