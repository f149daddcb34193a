import type { Violation } from './violation'

export interface Span {
  readonly span_id: string
  readonly parent_span_id: string | null
  readonly name: string
  readonly service: string
}

/**
 * Checks for one trace, one root and no orphan. A killed process loses its unsent spans, so that other spans may lack their
 * parent: where that is possible, only a second root is a violation.
 */
export function judgeTrace(paymentId: string, spans: readonly Span[], mayBeCut: boolean): Violation[] {
  const ids = new Set(spans.map(({ span_id }) => span_id))
  const roots = spans.filter(({ parent_span_id }) => !parent_span_id)
  const orphans = spans.filter(({ parent_span_id }) => parent_span_id && !ids.has(parent_span_id))
  const found = (rule: string, some: readonly Span[]): Violation => ({
    rule,
    subject: paymentId,
    detail: some.map(({ service, name }) => `${service}: ${name}`).join(', ') || 'none',
  })
  return [
    ...(roots.length > 1 || (roots.length === 0 && !mayBeCut) ? [found('a trace has one root', roots)] : []),
    ...(orphans.length > 0 && !mayBeCut ? [found('no span is an orphan', orphans)] : []),
  ]
}
