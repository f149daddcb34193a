import type { QuotaLimits, QuotaUsage } from '@ctrip/db/merchants/quota-usage'
import type { MerchantId } from '@ctrip/domain/ids'
import type { Logger } from '@ctrip/telemetry/logger'
import { conflict, Problem } from './http/problem'

export interface QuotaGate {
  /** Counts one more payment of the merchant; why it may not be created, or null. */
  admit(merchantId: MerchantId): Promise<Problem | null>
}

export interface QuotaGateDeps {
  /** For merchants without limits of their own. */
  readonly limits: QuotaLimits
  readonly readUsage: (merchantId: MerchantId, dayStart: Date) => Promise<QuotaUsage>
  readonly log: Logger
}

const DAY_MS = 86_400_000
/** Counts are read again after this time, beside the requests. */
const FRESH_MS = 10_000
/** Nothing is decided by counts of this age. */
const STALE_MS = 60_000
/** Before a refusal counts of this age are read again: payments may have been closed meanwhile. */
const REFUSAL_FRESH_MS = 1_000

interface Counts {
  readonly readAt: number
  readonly day: number
  readonly usage: QuotaUsage
  /** Admitted by this process since. */
  admitted: number
}

/**
 * Quotas protect the gateway from one merchant; they are no money, and need not be exact. So creations pay for no count: each
 * replica reads the counts of an active merchant every 10 s and adds its own creations. All replicas together may admit
 * what they create in 10 s above a quota.
 */
export function quotaGate({ limits, readUsage, log }: QuotaGateDeps, now: () => number = Date.now): QuotaGate {
  const counts = new Map<MerchantId, Counts>()
  const reading = new Map<MerchantId, Promise<Counts>>()

  async function read(merchantId: MerchantId): Promise<Counts> {
    const readAt = now()
    const day = Math.floor(readAt / DAY_MS)
    const usage = await readUsage(merchantId, new Date(day * DAY_MS))
    const fresh = { readAt, day, usage, admitted: 0 }
    counts.set(merchantId, fresh)
    return fresh
  }

  /** Requests that come while the counts are read share them. */
  function readOnce(merchantId: MerchantId): Promise<Counts> {
    const existing = reading.get(merchantId)
    if (existing !== undefined) return existing
    const started = read(merchantId).finally(() => reading.delete(merchantId))
    reading.set(merchantId, started)
    return started
  }

  async function current(merchantId: MerchantId, freshMs: number): Promise<Counts> {
    const known = counts.get(merchantId)
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : now() - known.readAt
    const isToday = known?.day === Math.floor(now() / DAY_MS)
    if (known === undefined || !isToday || ageMs > freshMs) return readOnce(merchantId)
    if (ageMs > FRESH_MS)
      readOnce(merchantId).catch((err: unknown) => log.warn({ err, merchant_id: merchantId }, 'quota.read_failed'))
    return known
  }

  return {
    async admit(merchantId) {
      const refused = refusalOf(await current(merchantId, STALE_MS), limits, now())
      if (refused !== null) {
        const again = refusalOf(await current(merchantId, REFUSAL_FRESH_MS), limits, now())
        if (again !== null) return again
      }
      const counted = counts.get(merchantId)
      if (counted !== undefined) counted.admitted++
      return null
    },
  }
}

function refusalOf({ usage, admitted }: Counts, limits: QuotaLimits, at: number): Problem | null {
  const { overrides, openPayments, paymentsOfDay } = usage
  const openMax = overrides.openPayments ?? limits.openPayments
  const dayMax = overrides.paymentsPerDay ?? limits.paymentsPerDay
  if (openMax > 0 && openPayments + admitted >= openMax) {
    const detail = `This merchant may have ${openMax} payments that wait for money. Cancel some, or let them expire.`
    return conflict('too_many_open_payments', detail)
  }
  if (dayMax > 0 && paymentsOfDay + admitted >= dayMax) {
    const seconds = Math.ceil((DAY_MS - (at % DAY_MS)) / 1000)
    return new Problem(429, 'daily_quota_exceeded', `This merchant may create ${dayMax} payments a day (UTC).`, {
      headers: { 'Retry-After': String(seconds) },
    })
  }
  return null
}
