import type { Database } from '@ctrip/db/database/database'
import { recordKeyUse } from '@ctrip/db/merchants/api-keys'
import type { ApiKeyId } from '@ctrip/domain/ids'
import { type WorkLoop, workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'

export interface KeyUse {
  note(keyId: ApiKeyId): void
  readonly loop: Pick<WorkLoop, 'start' | 'stop'>
}

const WRITE_EVERY_MS = 5_000

/** Notes when keys are used, and writes it down now and then: not a write for each request. A crash forgets seconds of it. */
export function keyUse(db: Database, log: Logger): KeyUse {
  let usedAt = new Map<ApiKeyId, Date>()

  async function write(): Promise<'idle'> {
    if (usedAt.size === 0) return 'idle'
    const batch = usedAt
    usedAt = new Map()
    await recordKeyUse(db, batch)
    return 'idle'
  }

  return {
    note: (keyId) => void usedAt.set(keyId, new Date()),
    loop: workLoop({ name: 'key_use', intervalMs: WRITE_EVERY_MS, run: write, log }),
  }
}
