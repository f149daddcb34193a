import { connectBus } from '@ctrip/events/bus'
import { STREAM } from '@ctrip/events/stream'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { createLogger } from '@ctrip/telemetry/logger'
import { type Finding, failed, passed, type Subject } from './finding'

const TIMEOUT_MS = 4_000

export async function checkNats({ natsUrl }: Subject): Promise<Finding[]> {
  if (natsUrl === undefined) return [failed('nats', 'no NATS_URL', 'set NATS_URL')]
  const bus = connectBus({
    url: natsUrl,
    name: 'ctrip-doctor',
    log: createLogger({ service: 'ctrip', level: 'silent' }),
  })
  try {
    await waitUntil('NATS', TIMEOUT_MS, async () => {
      await bus.ping(AbortSignal.timeout(TIMEOUT_MS))
      return true
    })
    const { state } = await bus.connected().manager.streams.info(STREAM)
    return [passed('nats', `answers; stream ${STREAM} has ${state.messages} messages`)]
  } catch {
    const remedy = `is nats-server running with JetStream (-js)? Services make the stream ${STREAM} when they connect`
    return [failed('nats', 'does not answer, or has no stream', remedy)]
  } finally {
    await bus.close()
  }
}
