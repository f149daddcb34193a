import { countOpenSessions, SESSIONS_PER_ROUND_MAX, sessionsToExpire } from '@ctrip/db/checkout-sessions/sessions'
import type { Database } from '@ctrip/db/database/database'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { keepLease } from '@ctrip/db/leases/lease-keeper'
import type { Lease } from '@ctrip/db/leases/leases'
import type { RateBook } from '@ctrip/domain/rates/rate-book'
import { workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'
import { gauge } from '@ctrip/telemetry/metrics'
import { changeSessions, type SessionResult } from '@ctrip/use-cases/change-sessions'
import { reportSessions } from '@ctrip/use-cases/report-sessions'
import { ACTOR } from './chain'

/** One scanner expires sessions and counts those that are open, so that replicas do not report them twice. */
const SESSIONS_LEASE = 'checkout-sessions'
const INTERVAL_MS = 1_000

const open = gauge({
  name: 'checkout_sessions_open',
  help: 'Checkout sessions that are neither complete nor expired.',
  labels: [],
})

export interface ExpireSessionsDeps {
  readonly db: Database
  readonly rateBook: RateBook
  readonly log: Logger
  readonly wakeRelay: () => void
}

/** Expires sessions in a loop, while it holds the lease. */
export function sessionExpiry(deps: ExpireSessionsDeps, owner: string) {
  const { db, log } = deps
  const keeper = keepLease(db, {
    name: SESSIONS_LEASE,
    owner,
    onError: (err) => log.warn({ err }, 'scanner.sessions_lease_failed'),
  })
  const loop = workLoop({ name: 'checkout_sessions', job: 'expire_sessions', intervalMs: INTERVAL_MS, log, run })

  async function run(): Promise<'idle' | 'more'> {
    const lease = keeper.current()
    if (lease === null) {
      open.reset()
      return 'idle'
    }
    const more = await expireSessions(deps, lease)
    open.set({}, await countOpenSessions(db))
    return more ? 'more' : 'idle'
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

/**
 * Expires sessions whose time is over and none of whose payments is open. A session whose last payment is closed by a block expires with that
 * block's commit; the rest, and those that an older replica did not follow, expire here. Returns whether there may be more.
 */
async function expireSessions(deps: ExpireSessionsDeps, lease: Lease): Promise<boolean> {
  const { db, rateBook, log } = deps
  const due = await db.query('sessions.to_expire', (prisma) => sessionsToExpire(prisma))
  let expired = 0
  for (const id of due) {
    const results = await commit({ db, lease }, 'sessions.expire', (tx): Promise<SessionResult[]> => {
      return changeSessions(tx, [id], { kind: 'time_passed' }, { actor: ACTOR, rateBook })
    })
    reportSessions(log, results)
    expired += results.filter(({ outcome }) => outcome.kind === 'changed').length
  }
  if (expired > 0) deps.wakeRelay()
  return expired > 0 && due.length === SESSIONS_PER_ROUND_MAX
}
