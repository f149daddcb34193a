import type { Database } from '@ctrip/db/database/database'
import { keepLease } from '@ctrip/db/leases/lease-keeper'
import { deliveryBacklog } from '@ctrip/db/webhooks/delivery-backlog'
import { workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'
import * as metrics from './metrics'

const GLOBAL_GAUGES = [metrics.due, metrics.dueLag, metrics.deadLetters, metrics.circuitsOpen]
const EVERY_MS = 5_000

/** Reports what is about all deliveries together: by one leader, or the sum over replicas would be wrong. */
export function deliveryGauges({ db, owner, log }: { db: Database; owner: string; log: Logger }) {
  const keeper = keepLease(db, {
    name: 'webhook-gauges',
    owner,
    onError: (err) => log.warn({ err }, 'webhook_gauges.lease_failed'),
  })
  const loop = workLoop({ name: 'webhook_gauges', intervalMs: EVERY_MS, log, run: report })

  async function report(): Promise<'idle'> {
    if (keeper.current() === null) {
      forget()
      return 'idle'
    }
    const backlog = await deliveryBacklog(db).catch((error: unknown) => {
      forget() // what cannot be measured is absent, not what it was
      throw error
    })
    metrics.due.set({}, backlog.due)
    metrics.dueLag.set({}, backlog.lagSeconds)
    metrics.deadLetters.set({}, backlog.deadLetters)
    metrics.circuitsOpen.set({}, backlog.circuitsOpen)
    return 'idle'
  }

  return {
    async start(): Promise<void> {
      await keeper.start()
      loop.start()
    },
    async stop(): Promise<void> {
      await loop.stop()
      await keeper.stop()
    },
  }
}

function forget(): void {
  for (const gauge of GLOBAL_GAUGES) gauge.reset()
}
