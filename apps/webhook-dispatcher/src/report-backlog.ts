import type { Database } from '@ctrip/db/database'
import { deliveryBacklog } from '@ctrip/db/delivery-backlog'
import * as metrics from './metrics'

/** Sets the gauges that are about all deliveries together: by one leader, or their sum over replicas would be wrong. */
export async function reportBacklog(db: Database, leading: boolean): Promise<'idle'> {
  if (!leading) {
    for (const gauge of [metrics.due, metrics.dueLag, metrics.deadLetters, metrics.circuitsOpen]) gauge.reset()
    return 'idle'
  }
  const backlog = await deliveryBacklog(db)
  metrics.due.set({}, backlog.due)
  metrics.dueLag.set({}, backlog.lagSeconds)
  metrics.deadLetters.set({}, backlog.deadLetters)
  metrics.circuitsOpen.set({}, backlog.circuitsOpen)
  return 'idle'
}
