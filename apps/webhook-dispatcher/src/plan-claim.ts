import type { Share, WaitingEndpoint } from '@ctrip/db/webhooks/delivery-claims'
import type { Limits } from './limits'
import { originOf, type Usage } from './slots'

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
