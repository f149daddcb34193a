import {
  type ClaimsPage,
  claimsOf,
  FIRST_CLAIM,
  findUnsupportedClaims,
  nextEvents,
  nextPayments,
  type UnsupportedClaim,
} from '@ctrip/db/chains/unsupported-claims'
import type { Database } from '@ctrip/db/database/database'
import type { Logger } from '@ctrip/telemetry/logger'

const EVENTS_PER_RUN = 500
const PAYMENTS_PER_RUN = 200
/** Those found wrong are judged again in each run, so that the count falls once they are mended. */
const WRONG_MAX = 500

export interface ClaimsRound {
  /** Judges the next claims. Returns false while events wait to be judged. */
  next(): Promise<boolean>
  /** How many contradictions are known, by chain. */
  counts(): ReadonlyMap<string, number>
  forget(): void
}

/**
 * Holds payments, events and deliveries against the transfers, in two rounds: every new event with its payment, soon after it was
 * written; and all payments, some at a time, because what was written past the checks need not have an event. A run costs what its
 * page costs, however many payments there are.
 */
export function claimsRound(db: Database, log: Logger): ClaimsRound {
  let wrong: UnsupportedClaim[] = []
  let lastEvent = startOfEvents()
  let lastPayment = FIRST_CLAIM

  async function judge(page: Pick<ClaimsPage, 'payments' | 'events'>): Promise<UnsupportedClaim[]> {
    return db.query('reconciliation.claims', (prisma) => findUnsupportedClaims(prisma, page))
  }

  return {
    async next() {
      const known = new Set(wrong.map(keyOf))
      const found = await judge(claimsOf(wrong))
      const events = await db.query('reconciliation.events', (prisma) => nextEvents(prisma, lastEvent, EVENTS_PER_RUN))
      const payments = await db.query('reconciliation.payments', (prisma) =>
        nextPayments(prisma, lastPayment, PAYMENTS_PER_RUN),
      )
      found.push(...(await judge(events)), ...(await judge(payments)))
      wrong = [...new Map(found.map((claim) => [keyOf(claim), claim])).values()].slice(0, WRONG_MAX)
      for (const claim of wrong) if (!known.has(keyOf(claim))) log.error(inLog(claim), 'ledger.unsupported_claim')
      lastEvent = events.last ?? lastEvent
      lastPayment = payments.isLast ? FIRST_CLAIM : (payments.last ?? FIRST_CLAIM)
      return events.isLast
    },
    counts() {
      const byChain = new Map<string, number>()
      for (const { chain } of wrong) byChain.set(chain, (byChain.get(chain) ?? 0) + 1)
      return byChain
    },
    forget() {
      wrong = []
      lastEvent = startOfEvents()
      lastPayment = FIRST_CLAIM
    },
  }
}

const LOOK_BACK_MS = 60 * 60 * 1000

/** An hour ago: another replica has judged what is older, and the round over all payments judges all events. */
function startOfEvents(): string {
  const hex = (Date.now() - LOOK_BACK_MS).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

function keyOf({ subject, id, contradiction }: UnsupportedClaim): string {
  return `${subject} ${id} ${contradiction}`
}

function inLog({ paymentId, chain, subject, id, contradiction }: UnsupportedClaim): object {
  return { chain, payment_id: paymentId, subject, id, contradiction }
}
