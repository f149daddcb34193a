import type { Database } from '@ctrip/db/database/database'
import { pruneIdempotencyKeys } from '@ctrip/db/merchants/idempotency'
import { type WorkLoop, workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'

const EVERY_MS = 60_000

/** Forgets answers that no Idempotency-Key can ask for any more. Several replicas may do it at once. */
export function pruneAnswers(db: Database, log: Logger): Pick<WorkLoop, 'start' | 'stop'> {
  const run = async () => ((await pruneIdempotencyKeys(db)) > 0 ? ('more' as const) : ('idle' as const))
  return workLoop({ name: 'prune_answers', intervalMs: EVERY_MS, run, log })
}
