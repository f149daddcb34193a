import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EventId, idFromUuid, type MerchantId, type WebhookEndpointId } from '@ctrip/domain/ids'
import { freePort } from '@ctrip/local-stack/free-port'
import { startNats } from '@ctrip/local-stack/nats'
import { startPostgres } from '@ctrip/local-stack/postgres'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import fc from 'fast-check'
import { type TestWorld, worldIn } from './support/database'
import { type DispatcherProcess, startDispatcher } from './support/dispatcher-process'
import { claimsByDelivery, leaseViolations, recordLeases } from './support/lease-log'
import { closeReceivers, type Received, startReceiver } from './support/receiver'

// Longer than several leases (20 s each): what a killed dispatcher held comes back then.
const PATIENCE_MS = 90_000
const VICTIMS = ['dispatcher', 'relay', 'nats', 'postgres'] as const
type Victim = (typeof VICTIMS)[number]

type Stage = Awaited<ReturnType<typeof openStage>>
let stage: Stage

beforeEach(async () => {
  stage = await openStage()
}, PATIENCE_MS)
afterEach(async () => {
  await stage.close()
  await closeReceivers()
}, PATIENCE_MS)

test.each([1, 2])(
  'delivers every committed event, each under one lease at a time, though all are killed under load (seed %i)',
  async (seed) => {
    const receiver = await startReceiver(({ path, at }, response) => {
      setTimeout(() => response.writeHead(at % 10 === 0 ? 500 : 204).end(), path.length * 10)
    })
    const merchant = await stage.world.merchant()
    const endpoints = new Map<string, WebhookEndpointId>()
    for (const path of ['/a', '/bb', '/ccc']) {
      endpoints.set(path, (await stage.world.endpoint(merchant, receiver.url + path)).id)
    }
    const committed = await committedWhile(stage, merchant, async () => {
      for (const { victim, afterMs } of killsOf(seed)) {
        await sleep(afterMs)
        await stage.kill(victim)
      }
    })

    const keyOf = ({ headers, path }: Received) => `${String(headers['webhook-id'])} ${endpoints.get(path) ?? path}`
    const promised = committed.flatMap((eventId) => [...endpoints.values()].map((id) => `${eventId} ${id}`))
    await waitUntil('every delivery', PATIENCE_MS, async () => {
      const told = new Set(receiver.received.map(keyOf))
      return promised.every((key) => told.has(key))
    })
    const { db } = stage.world
    await waitUntil('every settlement', PATIENCE_MS, async () => (await db.prisma.delivery_queue.count()) === 0)

    expect(committed.length).toBeGreaterThan(40)
    const statuses = await db.prisma.deliveries.groupBy({ by: ['status'], _count: true })
    expect(statuses.map(({ status }) => status)).toEqual(['delivered'])
    for (const { headers, body } of receiver.received) {
      expect(headers['webhook-id']).toBe((JSON.parse(body) as { id: string }).id)
    }
    const violations = await leaseViolations(db)
    expect(Object.entries(violations).filter(([, count]) => count > 0)).toEqual([])
    expect(Object.keys(violations)).toHaveLength(7)
    expect(await sentWithoutLease(stage.world, receiver.received.map(keyOf))).toEqual([])
  },
  300_000,
)

/** Appends events until `work` is done, or has failed. What could not be committed was not promised. */
async function committedWhile({ world }: Stage, merchant: MerchantId, work: () => Promise<void>): Promise<EventId[]> {
  const committed: EventId[] = []
  let working = true
  const load = (async () => {
    while (working) {
      committed.push(...(await world.append(merchant, 'payment.confirmed', 4).catch(() => [])))
      await sleep(20)
    }
  })()
  await work().finally(async () => {
    working = false
    await load
  })
  return committed
}

/** Each victim once, in an order and after pauses that the seed decides. */
function killsOf(seed: number): { victim: Victim; afterMs: number }[] {
  const order = fc.shuffledSubarray([...VICTIMS], { minLength: VICTIMS.length })
  const pauses = fc.array(fc.integer({ min: 100, max: 1_000 }), {
    minLength: VICTIMS.length,
    maxLength: VICTIMS.length,
  })
  const kills = fc
    .tuple(order, pauses)
    .map(([victims, afterMs]) => victims.map((victim, n) => ({ victim, afterMs: afterMs[n] ?? 0 })))
  return fc.sample(kills, { seed, numRuns: 1 }).flat()
}

/** Requests beyond the number of times their delivery was claimed: one claim, one request at most. */
async function sentWithoutLease({ db }: TestWorld, keys: readonly string[]): Promise<string[]> {
  const claims = new Map(
    [...(await claimsByDelivery(db))].map(([key, count]) => {
      const [eventId = '', endpointId = ''] = key.split(' ')
      return [`${idFromUuid('event', eventId)} ${idFromUuid('webhookEndpoint', endpointId)}`, count]
    }),
  )
  const sent = Map.groupBy(keys, (key) => key)
  return [...sent].filter(([key, requests]) => requests.length > (claims.get(key) ?? 0)).map(([key]) => key)
}

/** Postgres on a disk that survives it, NATS on one that does not, and two dispatchers; whoever is killed is started again. */
async function openStage() {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-crashes-'))
  const [postgresPort, natsPort] = [await freePort(), await freePort()]
  let postgres = await startPostgres({ folder, port: postgresPort, durable: true })
  let nats = await startNats({ port: natsPort })
  const world = await worldIn(postgres.url)
  await recordLeases(world.db)
  const start = () =>
    startDispatcher({
      databaseUrl: postgres.url,
      natsUrl: nats.url,
      extra: { WEBHOOK_RETRY_SCHEDULE_SECONDS: Array.from({ length: 20 }, (_, n) => Math.min(n, 1)).join(',') },
    })
  let dispatchers: DispatcherProcess[] = await Promise.all([start(), start()])

  async function killDispatcher(victim: DispatcherProcess | undefined): Promise<void> {
    await victim?.kill()
    dispatchers = [...dispatchers.filter((dispatcher) => dispatcher !== victim), await start()]
  }
  /** The dispatcher that publishes the outbox. */
  async function relay(): Promise<DispatcherProcess | undefined> {
    const lease = await world.db.prisma.leases.findUnique({ where: { name: 'outbox-relay' } })
    return dispatchers.find(({ pid }) => lease?.owner?.endsWith(`:${pid}`)) ?? dispatchers[0]
  }
  const kills: Record<Victim, () => Promise<void>> = {
    dispatcher: () => killDispatcher(dispatchers[0]),
    relay: async () => killDispatcher(await relay()),
    async nats() {
      process.kill(nats.pid, 'SIGKILL')
      await nats.exited
      nats = await startNats({ port: natsPort }) // in a folder of its own: its data is lost
    },
    async postgres() {
      process.kill(postgres.pid, 'SIGKILL')
      await postgres.exited
      postgres = await startPostgres({ folder, port: postgresPort, durable: true })
    },
  }
  return {
    world,
    kill: (victim: Victim) => kills[victim](),
    async close() {
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()))
      await world.close()
      await Promise.all([postgres.stop(), nats.stop()])
      rmSync(folder, { recursive: true })
    },
  }
}
