import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'

export const STREAM = 'CTRIP'

/** Every event's type is below one of these. */
const SUBJECTS = ['payment.>', 'transfer.>', 'checkout_session.>', 'sweep.>', 'webhook.>']

const DAY_NANOS = 24 * 60 * 60 * 1e9
/** Within this, a message published again (same Nats-Msg-Id) is dropped by the server. */
const DUPLICATE_WINDOW_NANOS = 2 * 60 * 1e9
const BYTES_MAX = 1024 ** 3

/** JetStream runs, and has no room or no leave for the stream: events are stored in Postgres and not published. */
export class StreamRefusedError extends Error {
  override readonly name = 'StreamRefusedError'
}

/**
 * Creates the stream if it is missing. An existing stream gets the subjects that it lacks, as after an upgrade, and keeps everything else:
 * an operator may have given it replicas or more space. Postgres is the truth: a lost stream is created again, and backstop queries find the
 * events that it held. Throws StreamRefusedError if the server will not make it, as below 1 GiB of free disk.
 */
export async function ensureStream(manager: JetStreamManager): Promise<void> {
  const info = manager.streams.info(STREAM)
  if (await isThere(info)) return addSubjects(manager, (await info).config.subjects)
  const made = manager.streams.add({
    name: STREAM,
    subjects: SUBJECTS,
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: 7 * DAY_NANOS,
    max_bytes: BYTES_MAX,
    duplicate_window: DUPLICATE_WINDOW_NANOS,
  })
  await made.catch((cause: unknown) => {
    if (!(cause instanceof JetStreamApiError)) throw cause
    const room = `it reserves ${BYTES_MAX / 1024 ** 3} GiB of disk`
    throw new StreamRefusedError(`NATS refuses to make the stream ${STREAM}: ${cause.message} (${room})`, { cause })
  })
}

async function addSubjects(manager: JetStreamManager, existing: readonly string[]): Promise<void> {
  const missing = SUBJECTS.filter((subject) => !existing.includes(subject))
  if (missing.length > 0) await manager.streams.update(STREAM, { subjects: [...existing, ...missing] })
}

/** Its bytes, and the bytes at which it drops the oldest messages; null: without limit. */
export async function streamSize(manager: JetStreamManager): Promise<{ bytes: number; limitBytes: number | null }> {
  const { state, config } = await manager.streams.info(STREAM)
  return { bytes: state.bytes, limitBytes: config.max_bytes > 0 ? config.max_bytes : null }
}

const NOT_THERE: ReadonlySet<number> = new Set([JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.ConsumerNotFound])

/** Whether a stream or consumer exists, judged by the outcome of a request for it. */
export async function isThere(info: Promise<unknown>): Promise<boolean> {
  try {
    await info
    return true
  } catch (error) {
    if (error instanceof JetStreamApiError && NOT_THERE.has(error.code)) return false
    throw error
  }
}
