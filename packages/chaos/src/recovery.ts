import { allReady } from '@ctrip/local-stack/outages'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { payAtOnce, type TrafficDeps } from './traffic'
import type { World } from './world'

const TIMEOUT_MS = 60_000

/**
 * From a fault's end until every replica says that it is ready, and a payment made then has been seen on the chain and told
 * to its merchant: a replica may say so before it has noticed the fault. Null: not in time.
 */
export async function untilRecovered(world: World, traffic: TrafficDeps): Promise<number | null> {
  const from = Date.now()
  try {
    await waitUntil('every replica', TIMEOUT_MS, () => allReady(world.stack.descriptor))
    const { merchant, payment } = await payAtOnce(traffic)
    const inbox = merchant.endpoints[0]?.name ?? ''
    await waitUntil('the payment', TIMEOUT_MS, async () =>
      world.receivers
        .deliveries(inbox)
        .some(({ paymentId, type }) => paymentId === payment.id && type === 'payment.detected'),
    )
    return Date.now() - from
  } catch {
    return null // the report says so, and the run fails
  }
}
