import { fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { peakMemoryMb } from './lab/process'
import { round } from './lab/statistics'
import { message, openDeliveryLab } from './webhooks/delivery-lab'
import type { World } from './webhooks/world'

const BACKLOG_EVENTS = 5_000
const STEADY_SECONDS = 15
const STEADY_EVENTS_PER_SECOND = 20 // of ten deliveries each
const SAMPLE_EVERY_MS = 500
const HANGING = 0

/**
 * The whole path: outbox row, NATS, fan-out, claim, signed POST, settled row; the service, Postgres, NATS and the receiver
 * each a process on this machine, fsync on.
 */
export async function run(): Promise<object> {
  const lab = await openDeliveryLab()
  const { world } = lab
  try {
    const barePerSecond = await bareLoop(lab.ports)
    await world.append(BACKLOG_EVENTS, 500)
    const before = await lab.counts()
    const dispatcher = await lab.startDispatcher()
    const perSecond = await drainBacklog(world)
    const healthy = await steadyLoad(world)
    await world.setPath(HANGING, '/hang')
    const withHanging = await steadyLoad(world)
    const after = await lab.counts()
    const peak = peakMemoryMb(dispatcher.pid)
    await dispatcher.stop()
    const reuse = 1 - (after.connections - before.connections) / (after.requests - before.requests)
    return {
      deliveries_per_second: Math.round(perSecond),
      bare_undici_per_second: Math.round(barePerSecond),
      ratio_to_bare: round(perSecond / barePerSecond, 3),
      commit_to_first_attempt_ms: { ...healthy, per_second: STEADY_EVENTS_PER_SECOND * world.endpointsPerEvent },
      with_one_hanging_ms: { ...withHanging, p99_ratio: round(withHanging.p99 / healthy.p99, 3) },
      connection_reuse: round(reuse, 3),
      peak_memory_mb: peak,
    }
  } finally {
    await lab.stop()
  }
}

/** Deliveries settled per second, from the first tenth to the last. */
async function drainBacklog(world: World): Promise<number> {
  const total = BACKLOG_EVENTS * world.endpointsPerEvent
  const samples: { at: number; settled: number }[] = []
  do {
    await sleep(SAMPLE_EVERY_MS)
    samples.push({ at: performance.now(), settled: await world.settled() })
  } while ((samples.at(-1)?.settled ?? 0) < total)
  const middle = samples.filter(({ settled }) => settled > total * 0.1 && settled < total * 0.95)
  const [first, last] = [middle[0], middle.at(-1)]
  if (first === undefined || last === undefined) throw new Error('the backlog was gone between two samples')
  return (last.settled - first.settled) / ((last.at - first.at) / 1_000)
}

/** Commits events at a steady rate, and measures the time from an event's creation to its first attempt at healthy endpoints. */
async function steadyLoad(world: World): Promise<{ p50: number; p99: number }> {
  const from = new Date()
  const count = STEADY_SECONDS * STEADY_EVENTS_PER_SECOND
  const startedAt = performance.now()
  for (let n = 0; n < count; n++) {
    await sleep(Math.max(0, startedAt + (n * 1_000) / STEADY_EVENTS_PER_SECOND - performance.now()))
    await world.append(1, 1)
  }
  await sleep(2_000)
  const rows = await world.db.prisma.$queryRaw<{ p50: number; p99: number }[]>`
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY latency) AS p50,
      percentile_cont(0.99) WITHIN GROUP (ORDER BY latency) AS p99
    FROM (SELECT extract(epoch FROM attempt.at - events.created_at)::float8 * 1000 AS latency
      FROM delivery_attempts attempt JOIN events ON events.id = attempt.event_id
      WHERE attempt.n = 1 AND status_code = 204 AND events.created_at >= ${from}) measured`
  return { p50: round(rows[0]?.p50 ?? Number.NaN, 3), p99: round(rows[0]?.p99 ?? Number.NaN, 3) }
}

async function bareLoop(ports: readonly number[]): Promise<number> {
  const child = fork(join(__dirname, 'webhooks', 'bare-loop.js'))
  child.send({ urls: ports.map((port) => `http://127.0.0.1:${port}/bare`), body: 'x'.repeat(1_100) })
  const { perSecond } = await message<{ perSecond: number }>(child)
  return perSecond
}
