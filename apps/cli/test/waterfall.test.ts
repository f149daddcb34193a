import type { TraceSpan } from '../src/api-schemas'
import { renderWaterfall } from '../src/render/waterfall'

const TRACE = 'a'.repeat(32)

function span(
  id: string,
  parent: string | null,
  fromMs: number,
  toMs: number,
  more: Partial<TraceSpan> = {},
): TraceSpan {
  const at = (ms: number) => `2026-01-01T00:00:00.${String(ms * 1_000).padStart(6, '0')}Z`
  const times = { start: at(fromMs), end: at(toMs) }
  return { span_id: id, parent_span_id: parent, name: id, service: 'ctrip-api', ...times, ...more }
}

/** The lines without their bars and columns' padding: `service name duration`. */
function lines(spans: TraceSpan[]): string[] {
  const [, ...rest] = renderWaterfall(TRACE, spans).split('\n')
  return rest.map((line) =>
    line
      .replace(/│.*│/, '')
      .replace(/ +$/, '')
      .replace(/(\S) {2,}/g, '$1 '),
  )
}

test('children stand below their parent, indented, in the order of their start', () => {
  const spans = [span('late', 'root', 50, 60), span('root', null, 0, 100), span('early', 'root', 10, 20)]
  expect(lines(spans)).toEqual([' api root 100 ms', ' api early 10 ms', ' api late 10 ms'])
  expect(renderWaterfall(TRACE, spans)).toContain('  early')
})

test('the heading counts spans, services and the whole duration', () => {
  const spans = [span('a', null, 0, 100), span('b', 'a', 50, 250, { service: 'ctrip-scanner' })]
  expect(renderWaterfall(TRACE, spans)).toContain(`trace ${TRACE}  2 spans, 2 services, 250 ms`)
})

test('a bar covers the time its span ran, and is never empty', () => {
  const [, whole, half, instant] = renderWaterfall(TRACE, [
    span('whole', null, 0, 100),
    span('half', 'whole', 50, 100),
    span('instant', 'whole', 60, 60),
  ]).split('\n')
  expect(whole).toContain(`│${'█'.repeat(40)}│`)
  expect(half).toContain(`│${' '.repeat(20)}${'█'.repeat(20)}│`)
  expect(instant).toMatch(/│ {24}█ {15}│/)
})

test('a loop of like queries shares one line', () => {
  const queries = [10, 20, 30].map((at) => span(`q${at}`, 'root', at, at + 5, { name: 'INSERT' }))
  expect(lines([span('root', null, 0, 100), ...queries])).toEqual([' api root 100 ms', ' api INSERT ×3 25 ms'])
})

test('a span whose parent is missing says so', () => {
  expect(lines([span('lost', 'nobody', 0, 10)])).toEqual([' api lost (parent missing) 10 ms'])
})

test('a failed span is marked', () => {
  expect(lines([span('post', null, 0, 10, { status: 'error' })])).toEqual([' api ✗ post 10 ms'])
})

test('a trace that is not there is not an error', () => {
  expect(renderWaterfall(TRACE, [])).toContain('no spans')
})
