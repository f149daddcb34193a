import { checkExpression } from '../src/promql/check-expression'

const recorded = [{ name: 'ctrip:made:up', labels: ['slo'] }]

test('accepts what exists', () => {
  const expr =
    'histogram_quantile(0.9, sum by (le, chain) (rate(ctrip_scan_range_blocks_bucket{chain="a"}[$__rate_interval])))'
  expect(checkExpression(expr, recorded)).toEqual([])
})

test('names a metric that nobody exports', () => {
  expect(checkExpression('rate(ctrip_scan_blocks_total[5m])', recorded)).toEqual([
    'nobody exports ctrip_scan_blocks_total',
  ])
})

test('names a histogram that is asked without one of its suffixes', () => {
  expect(checkExpression('ctrip_scan_range_blocks', recorded)).toEqual(['nobody exports ctrip_scan_range_blocks'])
})

test('names a label that the metric does not have', () => {
  expect(checkExpression('ctrip_outbox_pending{chain="a"}', recorded)).toEqual([
    'ctrip_outbox_pending has no label chain',
  ])
})

test('names a label that nothing can be grouped by', () => {
  expect(checkExpression('sum by (provider) (ctrip_scan_lag_blocks)', recorded)).toEqual(['nothing here has provider'])
})

test('knows the labels that Prometheus adds, that rules record, and that label_replace makes', () => {
  expect(checkExpression('sum by (service) (up)', recorded)).toEqual([])
  expect(checkExpression('ctrip:made:up{slo="x"}', recorded)).toEqual([])
  expect(checkExpression('sum by (bound) (label_replace(up, "bound", "$1", "job", "(.*)"))', recorded)).toEqual([])
})

test('refuses what is not PromQL', () => {
  expect(() => checkExpression('sum(up', recorded)).toThrow('not PromQL')
})
