import { waitUntil } from '@ctrip/local-stack/wait-until'
import { cpuSecondsOf } from '../lab/process'
import { type DeliveryLab, openDeliveryLab } from '../webhooks/delivery-lab'
import { type Comparison, compare } from './compare'
import { telemetrySettings } from './settings'

const ROUNDS = 4
const EVENTS = 1_500 // of ten deliveries each
/** Deliveries of the warm-up, which is not measured. */
const WARM_UP_SHARE = 0.3

/** CPU per delivery of a dispatcher that works off a backlog; restarted for each half of a round. */
export async function deliveryCost(drainUrl: string): Promise<Comparison> {
  const lab = await openDeliveryLab()
  try {
    const settings = telemetrySettings(drainUrl)
    return await compare(ROUNDS, (which) => cpuMsPerDelivery(lab, settings[which]))
  } finally {
    await lab.stop()
  }
}

async function cpuMsPerDelivery({ world, startDispatcher }: DeliveryLab, settings: Record<string, string>) {
  const settledBefore = await world.settled()
  const total = EVENTS * world.endpointsPerEvent
  await world.append(EVENTS, 500)
  const dispatcher = await startDispatcher(settings)
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
