import type { Database } from '../database/database'
import { acquireLease, LEASE_DURATION_MS, type Lease, releaseLease } from './leases'

/** Who stands by tries as often, and so takes over that long after a lease has run out at most. */
export const RENEW_EVERY_MS = LEASE_DURATION_MS / 3

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
    // Counted from before the question: the database's three seconds cannot end before ours do.
    const askedAt = performance.now()
    try {
      lease = await acquireLease(db, options.name, options.owner)
      heldUntil = lease === null ? 0 : askedAt + LEASE_DURATION_MS
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
