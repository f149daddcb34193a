import { anchorSpan, currentTraceparent, inAnchoredSpan, inSpan, recordSpan, traceIdOf } from '../src/spans'

describe('with tracing off', () => {
  it('a payment still has a trace id of its own, marked as unsampled', () => {
    const [one, other] = [anchorSpan('payment.created', {}), anchorSpan('payment.created', {})]
    expect(one).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    expect(traceIdOf(one)).not.toBe(traceIdOf(other))
  })

  it('the work still runs', async () => {
    const anchor = anchorSpan('payment.created', {})
    await expect(inSpan('a', { root: true }, () => inAnchoredSpan('b', { anchor }, async () => 42))).resolves.toBe(42)
    recordSpan('payment lifecycle', { anchor, start: new Date(0), end: new Date(1) })
    expect(currentTraceparent()).toBeNull()
  })
})
