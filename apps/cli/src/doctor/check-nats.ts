import { connectBus } from '@ctrip/events/bus'
import { STREAM, StreamRefusedError } from '@ctrip/events/stream'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { createLogger } from '@ctrip/telemetry/logger'
import { type Finding, failed, passed, type Subject } from './finding'

const TIMEOUT_MS = 4_000
const REFUSED =
  'free disk for NATS, or raise max_file_store in nats.conf; until then webhooks come late, from the database'

export async function checkNats({ natsUrl }: Subject): Promise<Finding[]> {
  if (natsUrl === undefined) return [failed('nats', 'no NATS_URL', 'set NATS_URL')]
  const bus = connectBus({
    url: natsUrl,
    name: 'ctrip-doctor',
    log: createLogger({ service: 'ctrip', level: 'silent' }),
  })
  let refusal: string | null = null
  try {
    await waitUntil('NATS', TIMEOUT_MS, async () => {
      try {
        await bus.ping(AbortSignal.timeout(TIMEOUT_MS))
      } catch (error) {
        if (error instanceof StreamRefusedError) refusal = error.message
        throw error
      }
      return true
    })
    const { state } = await bus.connected().manager.streams.info(STREAM)
    return [passed('nats', `answers; stream ${STREAM} has ${state.messages} messages`)]
  } catch {
    if (refusal !== null) return [failed('nats', refusal, REFUSED)]
    const remedy = `is nats-server running with JetStream (-js)? Services make the stream ${STREAM} when they connect`
    return [failed('nats', 'does not answer, or has no stream', remedy)]
  } finally {
    await bus.close()
  }
}
