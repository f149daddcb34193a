import { renderTable } from '../src/summary/aims'

const AIMS = [
  { bench: 'load', figure: 'latency.p95', atMost: 1_000 },
  { bench: 'load', figure: 'per_second', atLeast: 100 },
]

describe('the table of all benchmarks', () => {
  it('shows the measured figure of each aim and whether it holds', () => {
    expect(lines({ load: { per_second: 99, latency: { p95: 700 } } })).toEqual([
      'load latency.p95 ≤ 1000 700 holds',
      'load per_second ≥ 100 99 MISSED',
    ])
  })

  it('counts a figure on the bound as held', () => {
    expect(lines({ load: { per_second: 100, latency: { p95: 1_000 } } }).every((line) => line.endsWith('holds'))).toBe(
      true,
    )
  })

  it('does not accept an aim that was not measured', () => {
    expect(lines({})).toEqual([
      'load latency.p95 ≤ 1000 not measured MISSED',
      'load per_second ≥ 100 not measured MISSED',
    ])
  })

  function lines(results: Record<string, object>): string[] {
    return renderTable(results, AIMS)
      .split('\n')
      .map((line) => line.replaceAll(/\s+/g, ' '))
  }
})
