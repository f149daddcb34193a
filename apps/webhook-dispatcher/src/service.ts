import { hostname } from 'node:os'
import { openSecretBox } from '@ctrip/db/database/secret-box'
import { checkDatabase, openServiceDatabase } from '@ctrip/db/database/service-database'
import { keepDailyPartitions } from '@ctrip/db/webhooks/retention'
import { destinationPolicy } from '@ctrip/domain/destination-policy'
import { connectBus } from '@ctrip/events/bus'
import { consumeEvents } from '@ctrip/events/consume'
import type { Service, ServiceContext } from '@ctrip/service/run-service'
import { stopStack } from '@ctrip/service/stop-stack'
import { workLoop } from '@ctrip/service/work-loop'
import { standbyRelay } from '@ctrip/use-cases/standby-relay'
import type { DispatcherConfig } from './config'
import { deliveryGauges } from './delivery-gauges'
import { deliveryDispatcher } from './dispatch-deliveries'
import { eventCache } from './event-cache'
import { eventFanOut } from './fan-out-event'
import { hostResolver, webhookAgent } from './guarded-agent'
import { endpointHeaders, signingKeys } from './sign-webhook'

const NAME = 'ctrip-webhook-dispatcher'
const DURABLE = 'webhook-dispatcher'
const MESSAGES_IN_FLIGHT_MAX = 256
const CATCH_UP_EVERY_MS = 2_000
const RETENTION_EVERY_MS = 3_600_000

export async function buildDispatcher({ config, log, signal }: ServiceContext<DispatcherConfig>): Promise<Service> {
  const owner = `webhook-dispatcher@${hostname()}:${process.pid}`
  const stop = stopStack(log)
  const db = await openServiceDatabase({
    url: config.DATABASE_URL,
    service: NAME,
    poolSize: config.DATABASE_POOL_SIZE,
    slowQueryMs: config.SLOW_QUERY_MS,
    planOnce: true,
    log,
  })
  stop.push('database', db.close)
  const bus = connectBus({ url: config.NATS_URL, name: NAME, log })
  stop.push('nats', bus.close)
  const agent = webhookAgent({
    policy: destinationPolicy(config.WEBHOOK_ALLOWED_CIDRS ?? []),
    resolve: hostResolver(),
  })
  stop.push('connections', () => agent.destroy())

  const events = eventCache(db)
  const scheduleSeconds = config.WEBHOOK_RETRY_SCHEDULE_SECONDS
  const secrets = openSecretBox(config.SECRETS_KEY)
  const sending = { dispatcher: agent, keys: signingKeys(secrets), endpointHeaders: endpointHeaders(secrets) }
  const onEvents = bus.wakeRelay
  const deliveries = deliveryDispatcher({ db, log, events, ...sending, scheduleSeconds, onEvents, signal })
  const firstDelayMs = (scheduleSeconds[0] ?? 0) * 1_000
  const fanOut = eventFanOut({ db, events, firstDelayMs, onDeliveries: deliveries.wake })
  const consumer = consumeEvents({
    bus,
    durable: DURABLE,
    subject: '>',
    handle: fanOut.handle,
    log,
    maxInFlight: MESSAGES_IN_FLIGHT_MAX,
  })
  const parts = {
    retention: workLoop({
      name: 'retention',
      intervalMs: RETENTION_EVERY_MS,
      log,
      run: async () => {
        await keepDailyPartitions(db)
        return 'idle'
      },
    }),
    gauges: deliveryGauges({ db, owner, log }),
    relay: standbyRelay({ db, bus, owner, log }),
    deliveries,
    catchUp: workLoop({ name: 'webhook_catch_up', intervalMs: CATCH_UP_EVERY_MS, log, run: fanOut.catchUp }),
    consumer,
  }

  return {
    checks: [
      { name: 'database', required: true, probe: () => checkDatabase(db) },
      { name: 'nats', required: true, probe: bus.ping },
    ],
    async start() {
      for (const [name, part] of Object.entries(parts)) {
        await part.start()
        stop.push(name, part.stop)
      }
    },
    stop: stop.stopAll,
  }
}
