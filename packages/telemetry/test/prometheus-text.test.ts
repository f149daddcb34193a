import { toPrometheusText, wantsPrometheusText } from '../src/prometheus-text'

test.each([
  ['nobody says what', undefined, false],
  ['anything', '*/*', false],
  ['Prometheus', 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2', false],
  ['vmagent', 'text/plain;version=0.0.4;q=1,*/*;q=0.1', true],
])('%s asks for the text format or does not', (_who, accept, wanted) => {
  expect(wantsPrometheusText(accept)).toBe(wanted)
})

test('OpenMetrics becomes the text format: counters by their full names, no exemplars, no end mark', () => {
  const openMetrics = `# HELP ctrip_reorgs Times.
# TYPE ctrip_reorgs counter
ctrip_reorgs_total{chain="anvil"} 2
# HELP ctrip_wait_seconds Waiting.
# TYPE ctrip_wait_seconds histogram
ctrip_wait_seconds_bucket{le="1"} 1 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736",span_id="00f067aa0ba902b7"} 0.5 1790000000.1
ctrip_wait_seconds_count 1
# EOF
`
  expect(toPrometheusText(openMetrics)).toBe(`# HELP ctrip_reorgs_total Times.
# TYPE ctrip_reorgs_total counter
ctrip_reorgs_total{chain="anvil"} 2
# HELP ctrip_wait_seconds Waiting.
# TYPE ctrip_wait_seconds histogram
ctrip_wait_seconds_bucket{le="1"} 1
ctrip_wait_seconds_count 1
`)
})
