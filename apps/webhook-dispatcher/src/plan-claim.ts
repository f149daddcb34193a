import type { ClaimedDelivery, Share, WaitingEndpoint } from '@ctrip/db/webhooks/delivery-claims'

/**
 * Shares free slots out among the endpoints that wait: one each, round after round, those with the least under way first, as
 * far as the limits of the endpoint, its origin, its merchant, of retries and of all allow. First attempts and retries of
 * one endpoint take turns. A half-open circuit gets one.
 */
export function planClaim(waiting: readonly WaitingEndpoint[], usage: Usage, limits: Limits): Share[] {
  const plan = new Plan(usage, limits)
  let rows = waiting
    .map((endpoint) => plan.row(endpoint))
    .sort((a, b) => usage.endpoint(a.endpoint.id) - usage.endpoint(b.endpoint.id))
  const all = rows
  while (rows.length > 0) rows = rows.filter((row) => plan.giveOne(row))
  return all
    .filter(({ first, retries }) => first + retries > 0)
    .map(({ endpoint, first, retries }) => ({ endpointId: endpoint.id, first, retries, probe: endpoint.probe }))
}

interface Row {
  readonly endpoint: WaitingEndpoint
  readonly origin: string
  first: number
  retries: number
}

class Plan {
  private total: number
  private retries: number
  private readonly merchants = new Map<string, number>()
  private readonly origins = new Map<string, number>()

  constructor(
    private readonly usage: Usage,
    private readonly limits: Limits,
  ) {
    this.total = usage.total
    this.retries = usage.retries
  }

  row(endpoint: WaitingEndpoint): Row {
    return { endpoint, origin: originOf(endpoint.url), first: 0, retries: 0 }
  }

  /** False when this endpoint can get no more. */
  giveOne(row: Row): boolean {
    const kind = this.mayHaveMore(row) ? this.kindFor(row) : null
    if (kind === null) return false
    row[kind]++
    this.total++
    if (kind === 'retries') this.retries++
    const { merchantId } = row.endpoint
    this.merchants.set(merchantId, this.ofMerchant(merchantId) + 1)
    this.origins.set(row.origin, this.ofOrigin(row.origin) + 1)
    return true
  }

  private mayHaveMore({ endpoint, origin, first, retries }: Row): boolean {
    const { limits, usage } = this
    if (endpoint.probe && first + retries > 0) return false
    return (
      this.total < limits.total &&
      usage.endpoint(endpoint.id) + first + retries < limits.perEndpoint &&
      this.ofMerchant(endpoint.merchantId) < limits.perMerchant &&
      this.ofOrigin(origin) < limits.perOrigin
    )
  }

  private kindFor({ endpoint, first, retries }: Row): 'first' | 'retries' | null {
    const hasFirst = first < endpoint.first
    const hasRetry = retries < endpoint.retries && this.retries < this.limits.retries
    if (hasFirst && (!hasRetry || first <= retries)) return 'first'
    return hasRetry ? 'retries' : null
  }

  private ofMerchant(id: string): number {
    return this.merchants.get(id) ?? this.usage.merchant(id)
  }

  private ofOrigin(origin: string): number {
    return this.origins.get(origin) ?? this.usage.origin(origin)
  }
}

/** How many deliveries may be under way at once, in one process. */
export const LIMITS = {
  total: 256,
  /** Retries: so many that they never keep first attempts from being made. */
  retries: 128,
  /** A thousand hanging endpoints of one merchant must not starve the rest. */
  perMerchant: 64,
  /** scheme://host:port; also the number of its connections. */
  perOrigin: 32,
  perEndpoint: 16,
} as const

type Limits = { readonly [Key in keyof typeof LIMITS]: number }

/** Counts deliveries in flight in this process, by each limit. */
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

/** The key of shared connections: scheme, host and port. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const next = (counts.get(key) ?? 0) + by
  if (next === 0) counts.delete(key)
  else counts.set(key, next)
}
