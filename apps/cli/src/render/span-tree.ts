import type { TraceSpan } from '../api-schemas'

/** A span, or several like it, in its place. Times in milliseconds since 1970, with fractions. */
export interface SpanNode {
  readonly name: string
  readonly service: string
  readonly start: number
  readonly end: number
  readonly failed: boolean
  /** How many spans this line stands for. */
  readonly count: number
  /** Its parent is named but not there. */
  readonly orphan: boolean
  readonly children: readonly SpanNode[]
}

/** Puts spans below their parents, in the order of their start. Spans without a parent, or with a missing one, are roots. */
export function buildSpanTree(spans: readonly TraceSpan[]): SpanNode[] {
  const known = new Set(spans.map(({ span_id }) => span_id))
  const byParent = Map.groupBy(spans, ({ parent_span_id }) =>
    parent_span_id !== null && known.has(parent_span_id) ? parent_span_id : null,
  )
  const nodesBelow = (parent: string | null): SpanNode[] => {
    const nodes = (byParent.get(parent) ?? []).map((span) => nodeOf(span, parent === null, nodesBelow(span.span_id)))
    return mergeRepeatedLeaves(nodes.toSorted((a, b) => a.start - b.start))
  }
  return nodesBelow(null)
}

function nodeOf(span: TraceSpan, root: boolean, children: SpanNode[]): SpanNode {
  return {
    name: span.name,
    service: span.service,
    start: milliseconds(span.start),
    end: milliseconds(span.end),
    failed: span.status === 'error',
    count: 1,
    orphan: root && span.parent_span_id !== null,
    children,
  }
}

function mergeRepeatedLeaves(nodes: readonly SpanNode[]): SpanNode[] {
  const merged: SpanNode[] = []
  for (const node of nodes) {
    const last = merged.at(-1)
    if (last === undefined || !areAlike(last, node)) merged.push(node)
    else merged[merged.length - 1] = { ...last, end: Math.max(last.end, node.end), count: last.count + 1 }
  }
  return merged
}

function areAlike(a: SpanNode, b: SpanNode): boolean {
  const leaves = a.children.length === 0 && b.children.length === 0
  return leaves && a.name === b.name && a.service === b.service && a.failed === b.failed && a.orphan === b.orphan
}

/** Date keeps whole milliseconds; the digits beyond them are added by hand. */
function milliseconds(at: string): number {
  const beyond = /\.\d{3}(\d+)/.exec(at)?.[1] ?? ''
  return Date.parse(at) + Number(`0.${beyond || '0'}`)
}
