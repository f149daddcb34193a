import { ROOT_CONTEXT } from '@opentelemetry/api'
import { SamplingDecision } from '@opentelemetry/sdk-trace'
import { headSampler, markPoll } from '../src/sampler'

const TRACES = 10_000

function sampledShare(ratio: number, poll: boolean): number {
  const sampler = headSampler(ratio)
  const context = poll ? markPoll(ROOT_CONTEXT) : ROOT_CONTEXT
  const decisions = Array.from({ length: TRACES }, (_, index) =>
    sampler.shouldSample(context, traceId(index), 'span', 0, {}, []),
  )
  return decisions.filter(({ decision }) => decision === SamplingDecision.RECORD_AND_SAMPLED).length / TRACES
}

/** Spread evenly over all ids, so that the share is exact up to rounding. */
function traceId(index: number): string {
  const part = Math.floor((index / TRACES) * 2 ** 32)
    .toString(16)
    .padStart(8, '0')
  return `${part}${'0'.repeat(23)}1`
}

describe('headSampler', () => {
  it.each([0, 0.01, 0.5, 1])('samples polls at the ratio %d', (ratio) => {
    expect(sampledShare(ratio, true)).toBeCloseTo(ratio, 2)
  })

  it('samples everything else always', () => {
    expect(sampledShare(0, false)).toBe(1)
  })
})
