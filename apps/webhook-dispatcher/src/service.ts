import { randomUUID } from 'node:crypto'
import type { Database } from '@ctrip/db/database'
import { keepLease } from '@ctrip/db/lease-keeper'
import type { Lease } from '@ctrip/db/leases'
import { markPublished, outboxBacklog, readOutbox } from '@ctrip/db/outbox'
import { keepDailyPartitions } from '@ctrip/db/retention'
import { openSecretBox } from '@ctrip/db/secret-box'
import { checkDatabase, openServiceDatabase } from '@ctrip/db/service-database'
import { connectBus } from '@ctrip/events/bus'
import { consumeEvents } from '@ctrip/events/consume'
import { outboxRelay, RELAY_LEASE } from '@ctrip/events/relay'
import type { Service, ServiceContext } from '@ctrip/service/run-service'
import { stopStack } from '@ctrip/service/stop-stack'
import { workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'
import type { Config } from './config'
import { destinationPolicy } from './destination-policy'
import { deliveryDispatcher } from './dispatch-deliveries'
import { eventCache } from './event-cache'
import { eventFanOut } from './fan-out-event'
import { webhookAgent } from './http-client'
import { reportBacklog } from './report-backlog'
import { hostResolver } from './resolve-host'
import { signingKeys } from './signing-keys'

const NAME = 'ctrip-webhook-dispatcher'
const GAUGES_LEASE = 'webhook-gauges'
const POOL_SIZE = 8
const SLOW_QUERY_MS = 500
const CATCH_UP_EVERY_MS = 2_000
const GAUGES_EVERY_MS = 5_000
const RETENTION_EVERY_MS = 3_600_000
const MESSAGES_IN_FLIGHT_MAX = 256

export async function buildService({ config, log, signal }: ServiceContext<Config>): Promise<Service> {
  const db = await openServiceDatabase({
    url: config.DATABASE_URL,
    service: NAME,
    poolSize: POOL_SIZE,
    slowQueryMs: SLOW_QUERY_MS,
    log,
  })
  const bus = connectBus({ url: config.NATS_URL, name: NAME, log })
  const agent = webhookAgent({
    policy: destinationPolicy(config.WEBHOOK_ALLOWED_CIDRS ?? []),
    resolve: hostResolver(),
  })
  const events = eventCache(db)
  const scheduleSeconds = config.WEBHOOK_RETRY_SCHEDULE_SECONDS
  const dispatcher = deliveryDispatcher({
    db,
    log,
    events,
    dispatcher: agent,
    keys: signingKeys(openSecretBox(config.SECRETS_KEY)),
    scheduleSeconds,
    onEvents: () => bus.wakeRelay(),
    signal,
  })
  const fanOut = eventFanOut({
    db,
    events,
    firstDelayMs: (scheduleSeconds[0] ?? 0) * 1_000,
    onDeliveries: dispatcher.wake,
  })
  const consumer = consumeEvents({
    bus,
    durable: 'webhook-dispatcher',
    subject: '>',
    handle: fanOut.handle,
    log,
    maxInFlight: MESSAGES_IN_FLIGHT_MAX,
  })
  const catchUp = workLoop({ name: 'webhook_catch_up', intervalMs: CATCH_UP_EVERY_MS, log, run: fanOut.catchUp })
  const retention = workLoop({
    name: 'retention',
    intervalMs: RETENTION_EVERY_MS,
    log,
    run: async () => {
      await keepDailyPartitions(db)
      return 'idle'
    },
  })
  const relay = keptRelay(db, bus, log)
  const gauges = keptGauges(db, log)
  const stops = stopStack(log)

  return {
    async start() {
      stops.push('database', () => db.close())
      stops.push('nats', () => bus.close())
      stops.push('connections', () => agent.destroy())
      for (const [name, part] of Object.entries({ retention, gauges, relay, dispatcher, catchUp, consumer })) {
        await part.start()
        stops.push(name, () => part.stop())
      }
    },
    stop: () => stops.stopAll(),
    checks: [
      { name: 'database', required: true, probe: () => checkDatabase(db) },
      // Without NATS events are found in the fan-out queue, seconds later.
      { name: 'nats', required: false, probe: (probing) => bus.ping(probing) },
    ],
  }
}

/** Every service stands by to relay the outbox. */
function keptRelay(db: Database, bus: ReturnType<typeof connectBus>, log: Logger) {
  const keeper = keepLease(db, {
    name: RELAY_LEASE,
    owner: `${NAME}:${randomUUID()}`,
    onError: (err) => log.warn({ err }, 'outbox_relay.lease_failed'),
  })
  const relay = outboxRelay<Lease>({
    bus,
    keeper,
    log,
    store: {
      read: (limit) => readOutbox(db, limit),
      markPublished: (lease, eventIds) => markPublished(db, lease, eventIds),
      backlog: () => outboxBacklog(db),
    },
  })
  return {
    async start() {
      await keeper.start()
      relay.start()
    },
    async stop() {
      await relay.stop()
      await keeper.stop()
    },
  }
}

function keptGauges(db: Database, log: Logger) {
  const keeper = keepLease(db, {
    name: GAUGES_LEASE,
    owner: `${NAME}:${randomUUID()}`,
    onError: (err) => log.warn({ err }, 'webhook_gauges.lease_failed'),
  })
  const loop = workLoop({
    name: 'webhook_gauges',
    intervalMs: GAUGES_EVERY_MS,
    log,
    run: () => reportBacklog(db, keeper.current() !== null),
  })
  return {
    async start() {
      await keeper.start()
      loop.start()
    },
    async stop() {
      await loop.stop()
      await keeper.stop()
    },
  }
}
