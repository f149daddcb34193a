import type { Database } from '@ctrip/db/database/database'
import { databaseSize, markPublished, outboxBacklog, readOutbox } from '@ctrip/db/events/outbox'
import { keepLease } from '@ctrip/db/leases/lease-keeper'
import type { Lease } from '@ctrip/db/leases/leases'
import type { EventId } from '@ctrip/domain/ids'
import type { Bus } from '@ctrip/events/bus'
import { outboxRelay } from '@ctrip/events/relay'
import type { Logger } from '@ctrip/telemetry/logger'

/** Every service runs a relay; the one that holds this lease publishes. */
const RELAY_LEASE = 'outbox-relay'

export interface StandbyRelayDeps {
  readonly db: Database
  readonly bus: Bus
  /** Unique to this process. */
  readonly owner: string
  readonly log: Logger
}

export interface StandbyRelay {
  start(): Promise<void>
  /** Ends the round under way, then gives the lease up, so that another service's relay takes over at once. */
  stop(): Promise<void>
}

/** Publishes the outbox while this process holds the relay's lease, and stands by otherwise. */
export function standbyRelay({ db, bus, owner, log }: StandbyRelayDeps): StandbyRelay {
  const keeper = keepLease(db, {
    name: RELAY_LEASE,
    owner,
    onError: (err) => log.warn({ err }, 'outbox.lease_failed'),
  })
  const store = {
    read: (limit: number) => readOutbox(db, limit),
    markPublished: (lease: Lease, eventIds: readonly EventId[]) => markPublished(db, lease, eventIds),
    backlog: () => outboxBacklog(db),
    size: () => databaseSize(db),
  }
  const relay = outboxRelay({ store, bus, keeper, log })
  return {
    async start() {
      await keeper.start()
      relay.start()
    },
    async stop() {
      try {
        await relay.stop()
      } finally {
        await keeper.stop()
      }
    },
  }
}
