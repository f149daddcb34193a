import type { Database } from '../database/database'

export interface OpenPayments {
  readonly chain: string
  readonly status: string
  readonly count: number
  readonly oldestAgeSeconds: number
}

/** Payments that still wait for something, by chain and status (index payments_open). */
export async function countOpenPayments(db: Database): Promise<OpenPayments[]> {
  const rows = await db.query(
    'payments.open',
    (prisma) => prisma.$queryRaw<{ chain: string; status: string; count: bigint; age: number }[]>`
      SELECT chain, status, count(*) AS count, extract(epoch FROM now() - min(created_at))::float8 AS age
      FROM payments WHERE status IN ('pending', 'partially_paid', 'detected', 'confirmed') GROUP BY chain, status`,
  )
  return rows.map(({ chain, status, count, age }) => ({
    chain,
    status,
    count: Number(count),
    oldestAgeSeconds: Math.max(0, age),
  }))
}

/** Payments of a chain seen longer ago than its target allows and still not confirmed (index payments_open). */
export async function countOverduePayments(db: Database, chain: string, sloSeconds: number): Promise<number> {
  const rows = await db.query(
    'payments.overdue',
    (prisma) => prisma.$queryRaw<{ count: bigint }[]>`
      SELECT count(*) AS count FROM payments
      WHERE status = 'detected' AND chain = ${chain} AND detected_at < now() - ${sloSeconds} * interval '1 second'`,
  )
  return Number(rows[0]?.count ?? 0n)
}
