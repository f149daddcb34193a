import { allReady } from '@ctrip/local-stack/outages'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { payAtOnce, type TrafficDeps } from './traffic'
import type { World } from './world'

const TIMEOUT_MS = 60_000

/**
 * Time from a fault's end until every replica reports ready and a payment made after that is detected and its webhook delivered,
 * because a replica may report ready before it has noticed the fault. Null if that took too long.
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
