import type { Database, Executor } from '../database/database'
import { LeaseLostError } from '../database/errors'

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
 * epoch, which fences off whoever held it before.
 *
 * A row and not a session advisory lock: a stopped or cut-off process would keep that, and connection poolers break it.
 */
export async function acquireLease(db: Database, name: string, owner: string): Promise<Lease | null> {
  const rows = await db.query(
    'lease.acquire',
    (prisma) => prisma.$queryRaw<{ epoch: bigint }[]>`
      INSERT INTO leases AS held (name, owner, epoch, lease_until)
      VALUES (${name}, ${owner}, 1, clock_timestamp() + ${LEASE_DURATION_MS} * interval '1 millisecond')
      ON CONFLICT (name) DO UPDATE SET
        owner = excluded.owner,
        epoch = held.epoch + (held.owner <> excluded.owner OR held.lease_until <= clock_timestamp())::int,
        lease_until = excluded.lease_until
      WHERE held.owner = excluded.owner OR held.lease_until <= clock_timestamp()
      RETURNING epoch`,
  )
  const row = rows[0]
  return row === undefined ? null : { name, owner, epoch: row.epoch }
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
 * The fence: throws LeaseLostError unless the lease is held now. It shares the row's lock until the commit, so that nobody can
 * take over between the two; last in a transaction, so that nobody waits long for that.
 */
export async function assertLease(tx: Executor, lease: Lease): Promise<void> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM leases
    WHERE name = ${lease.name} AND owner = ${lease.owner} AND epoch = ${lease.epoch} AND lease_until > clock_timestamp()
    FOR SHARE`
  if (rows.length === 0) throw new LeaseLostError(`${lease.name}: epoch ${lease.epoch} is over`)
}
