import type { Database } from '../database/database'
import { acquireLease, LEASE_DURATION_MS, type Lease, releaseLease } from './leases'

/** Who stands by tries as often, and so takes over that long after a lease has run out at most. */
export const RENEW_EVERY_MS = LEASE_DURATION_MS / 3

/** A standby takes over within this and one try more, however slow the database is. */
const LEASE_DURATION_MS_MAX = 8_000

/** Longer where the database answers slowly: a renewal must come back before the one before it runs out. */
export function leaseDurationMs(roundTripMs: number): number {
  return Math.min(LEASE_DURATION_MS_MAX, LEASE_DURATION_MS + 2 * roundTripMs)
}

/** Holds a lease for as long as it can be had, or stands by until it can. */
export interface LeaseKeeper {
  /** The lease, while it is held by our own clock too; null while standing by. */
  current(): Lease | null
  start(): Promise<void>
  /** Stops renewing and gives the lease up. */
  stop(): Promise<void>
}

export interface LeaseKeeperOptions {
  readonly name: string
  /** Unique to this process. */
  readonly owner: string
  readonly onChange?: (held: boolean) => void
  readonly onError?: (error: unknown) => void
}

export function keepLease(db: Database, options: LeaseKeeperOptions): LeaseKeeper {
  let lease: Lease | null = null
  let heldUntil = 0
  let roundTripMs = 0
  let timer: NodeJS.Timeout | undefined
  let renewal: Promise<void> | null = null
  let wasHeld = false

  const current = (): Lease | null => (performance.now() < heldUntil ? lease : null)
  const tellChange = (): void => {
    const held = current() !== null
    if (held !== wasHeld) options.onChange?.(held)
    wasHeld = held
  }

  async function renew(): Promise<void> {
    // Counted from before the question: the database's lease cannot end before ours does.
    const askedAt = performance.now()
    const durationMs = leaseDurationMs(roundTripMs)
    try {
      lease = await acquireLease(db, options.name, options.owner, durationMs)
      heldUntil = lease === null ? 0 : askedAt + durationMs
      roundTripMs = performance.now() - askedAt
    } catch (error) {
      options.onError?.(error) // Postgres away: held until our own clock says otherwise
    }
    tellChange()
  }

  return {
    current,
    async start() {
      await renew()
      timer = setInterval(() => {
        renewal ??= renew().finally(() => {
          renewal = null
        })
      }, RENEW_EVERY_MS)
    },
    async stop() {
      clearInterval(timer)
      await renewal
      const held = current()
      heldUntil = 0
      tellChange()
      if (held !== null) await releaseLease(db, held).catch((error: unknown) => options.onError?.(error))
    },
  }
}
