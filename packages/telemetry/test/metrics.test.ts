import { collectProcessMetrics, counter, gauge, histogram, registry } from '../src/metrics'
import { anchorSpan, inSpan, traceIdOf } from '../src/spans'
import { recordSpans } from './fixtures/record-spans'

recordSpans(0)

async function exposition(metric: string): Promise<string[]> {
  const lines = (await registry.metrics()).split('\n')
  return lines.filter((line) => line.startsWith(`ctrip_${metric}`))
}

describe('a counter', () => {
  const payments = counter({ name: 'payments_created_total', help: 'Payments', labels: ['chain', 'asset'] })

  it('counts per combination of labels, from the 0 that makes the series exist', async () => {
    payments.inc({ chain: 'anvil', asset: 'ETH' }, 0)
    payments.inc({ chain: 'anvil', asset: 'USDC' })
    payments.inc({ chain: 'anvil', asset: 'USDC' }, 2)
    expect(await exposition('payments_created_total')).toEqual([
      'ctrip_payments_created_total{chain="anvil",asset="ETH"} 0',
      'ctrip_payments_created_total{chain="anvil",asset="USDC"} 3',
    ])
  })

  it('compiles only with exactly its labels', () => {
    // @ts-expect-error a label is missing
    expect(() => payments.inc({ chain: 'anvil' })).not.toThrow()
    // @ts-expect-error there is no such label
    expect(() => payments.inc({ chain: 'anvil', asset: 'ETH', payment: 'pay_1' })).toThrow(/payment/)
    const unlabelled = counter({ name: 'reorgs_total', help: 'Reorgs', labels: [] })
    unlabelled.inc({})
    // @ts-expect-error it has no labels
    expect(() => unlabelled.inc({ chain: 'anvil' })).toThrow(/chain/)
  })
})

describe('a gauge', () => {
  it('is set, moved and forgotten', async () => {
    const open = gauge({ name: 'payments_open', help: 'Open payments', labels: ['status'] })
    open.set({ status: 'pending' }, 5)
    open.add({ status: 'pending' }, -2)
    expect(await exposition('payments_open')).toEqual(['ctrip_payments_open{status="pending"} 3'])
    open.reset()
    expect(await exposition('payments_open')).toEqual([])
  })

  it('without labels is absent until it is set, and when forgotten', async () => {
    const pending = gauge({ name: 'webhook_due', help: 'Due', labels: [] })
    expect(await exposition('webhook_due')).toEqual([])
    pending.set({}, 4)
    expect(await exposition('webhook_due')).toEqual(['ctrip_webhook_due 4'])
    pending.reset()
    expect(await exposition('webhook_due')).toEqual([])
  })

  it('may be asked at each scrape', async () => {
    gauge({ name: 'outbox_pending', help: 'Waiting', labels: [], collect: (self) => self.set({}, 7) })
    expect(await exposition('outbox_pending')).toEqual(['ctrip_outbox_pending 7'])
  })
})

describe('a gauge that cannot be asked', () => {
  it('is absent, and every other metric is there', async () => {
    const source = { failing: false }
    gauge({
      name: 'outbox_oldest_age_seconds',
      help: 'Age',
      labels: [],
      collect: async (self) => {
        if (source.failing) throw new Error('the database is away')
        self.set({}, 3)
      },
    })
    expect(await exposition('outbox_oldest_age_seconds')).toEqual(['ctrip_outbox_oldest_age_seconds 3'])
    source.failing = true
    expect(await exposition('outbox_oldest_age_seconds')).toEqual([])
    expect(await exposition('payments_created_total')).not.toEqual([])
  })
})

describe('a histogram', () => {
  const duration = histogram({ name: 'sweep_duration_seconds', help: 'Sweeps', labels: ['chain'], buckets: [1, 10] })

  async function bucket(chain: string, bound: string): Promise<string | undefined> {
    const lines = await exposition('sweep_duration_seconds_bucket')
    return lines.find((line) => line.includes(`le="${bound}"`) && line.includes(`chain="${chain}"`))
  }

  it('carries the current trace as exemplar', async () => {
    const traceId = await inSpan('sweep', {}, async (span) => {
      duration.observe({ chain: 'current' }, 0.5)
      return span.spanContext().traceId
    })
    expect(await bucket('current', '1')).toMatch(
      new RegExp(`} 1 # {trace_id="${traceId}",span_id="[0-9a-f]{16}"} 0.5 [\\d.]+$`),
    )
  })

  it('carries the trace of a payment where one is given', async () => {
    const anchor = anchorSpan('payment.created', {})
    await inSpan('scan cycle', { root: true }, async () => duration.observe({ chain: 'given' }, 20, anchor))
    expect(await bucket('given', '+Inf')).toContain(`trace_id="${traceIdOf(anchor)}"`)
  })

  it('carries no exemplar of an unsampled trace, nor outside any', async () => {
    await inSpan('poll', { poll: true }, async () => duration.observe({ chain: 'none' }, 5))
    duration.observe({ chain: 'none' }, 5)
    expect(await bucket('none', '10')).toMatch(/} 2$/)
  })
})

describe('the registry', () => {
  it('speaks OpenMetrics, which ends with EOF', async () => {
    expect(registry.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    expect(await registry.metrics()).toMatch(/\n# EOF\n$/)
  })

  it('has the build and the defaults of every Node process', async () => {
    collectProcessMetrics({ version: '1.2.3', commit: 'abc' })
    expect(await exposition('build_info')).toEqual(['ctrip_build_info{version="1.2.3",commit="abc"} 1'])
    expect(await registry.metrics()).toMatch(/^nodejs_eventloop_lag_p99_seconds /m)
  })

  it('refuses two metrics of one name', () => {
    const again = () => counter({ name: 'payments_created_total', help: 'Payments', labels: [] })
    expect(again).toThrow(/already been registered/)
  })
})
