import type { Database, Executor } from '../database/database'
import { LeaseLostError } from '../database/errors'
import { deskOf } from './lease-desk'

/** The right to act for `name` (a chain's writer, the relay, a gas wallet's nonces), under one epoch. */
export interface Lease {
  readonly name: string
  readonly owner: string
  readonly epoch: bigint
}

/** By the database's clock, so that hosts need not agree on the time. */
export const LEASE_DURATION_MS = 3_000

/**
 * Takes or renews a lease; null while another holds it. Each change of hands (and each renewal that came too late) raises the
 * epoch, which fences off whoever held it before. Renewals wait neither for the pool nor for a commit that is fenced by the
 * lease; what several ask for while a statement is under way goes into the next one (docs/adr/0010).
 *
 * A row and not a session advisory lock: a stopped or cut-off process would keep that, and connection poolers break it.
 */
export async function acquireLease(
  db: Database,
  name: string,
  owner: string,
  durationMs = LEASE_DURATION_MS,
): Promise<Lease | null> {
  const epoch = await deskOf(db).ask({ name, owner, durationMs })
  return epoch === null ? null : { name, owner, epoch }
}

/** Gives a lease up, so that a standby need not wait until it runs out. */
export async function releaseLease(db: Database, lease: Lease): Promise<void> {
  await db.query(
    'lease.release',
    (prisma) => prisma.$executeRaw`
      UPDATE leases SET lease_until = clock_timestamp()
      WHERE name = ${lease.name} AND owner = ${lease.owner} AND epoch = ${lease.epoch}`,
  )
}

/**
 * The fence: throws LeaseLostError unless the lease is held now. It shares the row's key until the commit: a takeover, which locks
 * the whole row, comes after it; a renewal does not wait. Last in a transaction.
 */
export async function assertLease(tx: Executor, lease: Lease): Promise<void> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM leases
    WHERE name = ${lease.name} AND owner = ${lease.owner} AND epoch = ${lease.epoch} AND lease_until > clock_timestamp()
    FOR KEY SHARE`
  if (rows.length === 0) throw new LeaseLostError(`${lease.name}: epoch ${lease.epoch} is over`)
}
