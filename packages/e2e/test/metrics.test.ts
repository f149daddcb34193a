import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { panelsOf } from '@ctrip/observability/dashboards/panels-of'
import { CONTRACT_METRICS, seriesOf, TARGET_LABELS } from '@ctrip/observability/metrics-contract'
import type { Payment } from './support/api'
import { type Gateway, startGateway } from './support/gateway'
import { keepDown } from './support/outage'
import { type Prometheus, startPrometheus } from './support/prometheus'

const DASHBOARDS = path.join(__dirname, '..', '..', '..', 'deploy', 'grafana', 'dashboards')
/** A thousand take minutes: METRICS_PAYMENTS=1000 npx jest metrics */
const MANY = Number(process.env['METRICS_PAYMENTS'] ?? 120)
const FEW = Math.round(MANY / 10)
const SETTLED_TIMEOUT_MS = 100_000 + MANY * 500
const START_TIMEOUT_MS = 200_000 + SETTLED_TIMEOUT_MS
const COIN = 10n ** 15n

/** The last metric to appear, because the ledger is compared with the chain once a minute. */
const SLOWEST = 'ctrip_reconciliation_unreadable'

/** Registered metrics without a series before their fault has happened. */
const NEEDS_A_FAULT: Readonly<Record<string, string>> = {
  traces_: 'no fault, but the Collector, which makes them of spans: prometheus.test.ts checks their names',
  ctrip_block_verification_failures_total: 'a provider that lies: packages/chain/test/blocks shows it counted',
  'outcome!="accepted"': 'a reading of a price feed that is refused: rates.test.ts causes some',
  ALERTS: 'an alert that fires: alerts.test.ts shows several',
  ctrip_block_receipts_missing_total: 'a provider without receipts: packages/chain/test/blocks/fetch-block.test.ts',
}

/** Labels with a closed set of values, some of which appear only by chance: a slow query, a nonce too low. */
const BY_CHANCE = new Set(['outcome', 'reason', 'operation'])
const NEVER_A_LABEL = /[a-z]{2,3}_[0-9a-hjkmnp-tv-z]{26}|0x[0-9a-f]{6}|:\/\//i

describe('the metrics of the running gateway, as Prometheus scrapes them', () => {
  let gateway: Gateway
  let prometheus: Prometheus
  let settled = 0

  beforeAll(async () => {
    gateway = await startGateway({ environment: { SLOW_QUERY_MS: '1' } })
    prometheus = await startPrometheus(gateway.descriptor().services)
    await provokeRareEvents()
    await settleMany(FEW)
    await waitUntil('a reconciliation', 120_000, async () => (await prometheus.query(SLOWEST)).length > 0)
  }, START_TIMEOUT_MS)

  afterAll(async () => {
    await prometheus.stop()
    await gateway.stop()
  }, 60_000)

  it.each(CONTRACT_METRICS.map((metric) => [metric.name, metric] as const))('has %s', async (name, metric) => {
    if (NEEDS_A_FAULT[name] !== undefined) return expect(await registered(name)).toBe(true)
    for (const series of seriesOf(metric)) {
      const found = await prometheus.query(`count(${series.name})`)
      expect([series.name, found.length]).toEqual([series.name, 1])
    }
  })

  it('has no metric, and no label, outside the contract', async () => {
    const known = new Map(CONTRACT_METRICS.flatMap(seriesOf).map(({ name, labels }) => [name, labels]))
    // Prometheus' own `job` renames that of job_duration_seconds.
    const added = ['__name__', 'job', 'exported_job', ...TARGET_LABELS]
    for (const series of await prometheus.series('{__name__=~"ctrip_.+"}')) {
      const name = series['__name__'] ?? ''
      const labels = known.get(name)
      const unknown = Object.keys(series).filter((label) => ![...(labels ?? []), ...added].includes(label))
      expect({ name, known: labels !== undefined, unknown }).toEqual({ name, known: true, unknown: [] })
    }
  })

  it('has no label that names a payment, a merchant, an endpoint, an address, a transaction or a URL', async () => {
    const values = (await prometheus.series('{__name__=~"ctrip_.+"}')).flatMap((labels) => Object.values(labels))
    expect(values.filter((value) => NEVER_A_LABEL.test(value))).toEqual([])
  })

  it('has exemplars that lead to the traces of payments', async () => {
    const { trace_id } = await gateway.create('ETH', COIN)
    const expr = 'ctrip_http_request_duration_seconds_bucket{route="/api/v1/payments",method="POST"}'
    await waitUntil('the exemplar', 10_000, async () => (await prometheus.exemplars(expr)).includes(trace_id))
  })

  it(
    `has no more series after ${MANY} payments than after ${FEW}`,
    async () => {
      const before = await seriesNow()
      await settleMany(MANY - FEW)
      const after = await seriesNow()
      expect([...after].filter((series) => !before.has(series))).toEqual([])
    },
    START_TIMEOUT_MS,
  )

  describe('each panel shows data', () => {
    it.each(panels())('%s', async (_name, queries) => {
      for (const query of queries.filter((each) => !Object.keys(NEEDS_A_FAULT).some((name) => each.includes(name))))
        expect([query, (await prometheus.query(query)).length > 0]).toEqual([query, true])
    })
  })

  /** Causes the events that some metrics count. */
  async function provokeRareEvents(): Promise<void> {
    await keepDown(gateway, 'postgres', 500) // jobs fail and are retried
    await waitUntil('answers on every connection again', 60_000, async () => {
      const lists = await Promise.all(Array.from({ length: AT_ONCE }, () => gateway.api.request('GET', '/payments')))
      return lists.every(({ ok }) => ok)
    })
    await gateway.provider.send('anvil_mine', ['0x46']) // past finality
    await gateway.api.createEndpoint('http://127.0.0.1:1', ['payment.canceled']) // nothing listens there
    const { id } = await gateway.create('ETH', COIN)
    await gateway.api.request('POST', `/payments/${id}/cancel`)
    const order = { chain: gateway.chain.name, asset: 'ETH', amount: COIN.toString() }
    for (const _ of ['first', 'again']) {
      await gateway.api.request('POST', '/payments', order, { 'idempotency-key': 'the-same' })
    }
    await gateway.api.request('GET', '/payments/pay_00000000000000000000000000')
    const reorged = await gateway.create('ETH', COIN)
    const block = await gateway.send('ETH', reorged.address, COIN)
    await gateway.untilStatus(reorged.id, 'detected')
    await gateway.reorgFrom(block)
    await gateway.untilStatus(reorged.id, 'pending')
    const overpaid = await gateway.create('USDC', 1_000_000n)
    await gateway.send('USDC', overpaid.address, 2_000_000n)
    await gateway.untilStatus(overpaid.id, 'settled')
    settled += 1
  }

  async function settleMany(count: number): Promise<void> {
    const payments = await inChunks(count, () => gateway.create('ETH', COIN))
    await inChunks(count, (n) => gateway.send('ETH', (payments[n] as Payment).address, COIN))
    settled += count
    await waitUntil(`${settled} payments settled`, SETTLED_TIMEOUT_MS, async () => {
      const [counted] = await prometheus.query('sum(ctrip_payment_transitions_total{to="settled"})')
      return (counted?.value ?? 0) >= settled
    })
  }

  async function registered(name: string): Promise<boolean> {
    const { ops_url } = gateway.descriptor().services.scanner
    const exposition = await (await fetch(`${ops_url}/metrics`)).text()
    return exposition.includes(`# TYPE ${name.replace(/_total$/, '')} counter`)
  }

  /** The current series of the services. */
  async function seriesNow(): Promise<Set<string>> {
    const samples = await prometheus.query('{service=~"ctrip-.+", __name__=~"ctrip_.+"}')
    const lasting = samples.map(({ labels }) => Object.entries(labels).filter(([name]) => !BY_CHANCE.has(name)))
    return new Set(lasting.map((labels) => JSON.stringify(labels)))
  }
})

const AT_ONCE = 30

async function inChunks<T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  while (results.length < count) {
    const chunk = Array.from({ length: Math.min(AT_ONCE, count - results.length) }, (_, n) => results.length + n)
    results.push(...(await Promise.all(chunk.map(work))))
  }
  return results
}

/** Every panel of every dashboard, with its queries as Grafana would send them with all of each variable chosen. */
function panels(): [string, string[]][] {
  return readdirSync(DASHBOARDS).flatMap((file) => {
    const model = JSON.parse(readFileSync(path.join(DASHBOARDS, file), 'utf8')) as { panels: object[] }
    return panelsOf(model)
      .filter(({ queries }) => queries.length > 0)
      .map(({ title, queries }): [string, string[]] => [`${file}: ${title}`, queries.map(filledIn)])
  })
}

function filledIn(query: string): string {
  return query.replaceAll('$__rate_interval', '10m').replaceAll(/\$(chain|service|instance)/g, '.+')
}
