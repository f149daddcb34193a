import {
  type ClaimsPage,
  FIRST_CLAIM,
  findUnsupportedClaims,
  nextEvents,
  nextPayments,
  type UnsupportedClaim,
} from '@ctrip/db/chains/unsupported-claims'
import type { Database, Executor } from '@ctrip/db/database/database'

const PAYMENTS_PER_PAGE = 500
const EVENTS_PER_PAGE = 2_000

/** Judges every payment with its transfers, history, events and deliveries, then the events that are about no payment. */
export async function auditClaims(db: Database): Promise<UnsupportedClaim[]> {
  return [
    ...(await judgeAll(db, (executor, after) => nextPayments(executor, after, PAYMENTS_PER_PAGE))),
    ...(await judgeAll(db, async (executor, after) => ({
      ...(await nextEvents(executor, after, EVENTS_PER_PAGE)),
      payments: [], // judged before
    }))),
  ]
}

async function judgeAll(
  db: Database,
  next: (executor: Executor, after: string) => Promise<ClaimsPage>,
): Promise<UnsupportedClaim[]> {
  const found: UnsupportedClaim[] = []
  for (let after: string | null = FIRST_CLAIM; after !== null; ) {
    const from: string = after
    const page = await db.query('audit.claims_page', (prisma) => next(prisma, from))
    found.push(...(await db.query('audit.claims', (prisma) => findUnsupportedClaims(prisma, page))))
    after = page.isLast ? null : page.last
  }
  return found
}
