import type { ClaimedDelivery } from '@ctrip/db/webhooks/delivery-claims'
import { LIMITS } from './limits'

/** What is under way in this process, by everything that is limited. */
export interface Usage {
  readonly total: number
  readonly retries: number
  endpoint(id: string): number
  merchant(id: string): number
  origin(origin: string): number
}

export interface Slots extends Usage {
  readonly free: number
  take(claimed: ClaimedDelivery): void
  release(claimed: ClaimedDelivery): void
}

export function slots(): Slots {
  const endpoints = new Map<string, number>()
  const merchants = new Map<string, number>()
  const origins = new Map<string, number>()
  let total = 0
  let retries = 0

  function count(claimed: ClaimedDelivery, by: 1 | -1): void {
    total += by
    if (claimed.attempts > 0) retries += by
    add(endpoints, claimed.endpointId, by)
    add(merchants, claimed.merchantId, by)
    add(origins, originOf(claimed.url), by)
  }

  return {
    get total() {
      return total
    },
    get retries() {
      return retries
    },
    get free() {
      return LIMITS.total - total
    },
    endpoint: (id) => endpoints.get(id) ?? 0,
    merchant: (id) => merchants.get(id) ?? 0,
    origin: (origin) => origins.get(origin) ?? 0,
    take: (claimed) => count(claimed, 1),
    release: (claimed) => count(claimed, -1),
  }
}

/** What shares connections: scheme, host and port. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const next = (counts.get(key) ?? 0) + by
  if (next === 0) counts.delete(key)
  else counts.set(key, next)
}
