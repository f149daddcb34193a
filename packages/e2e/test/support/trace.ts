import { waitUntil } from '@ctrip/local-stack/wait-until'

export interface Span {
  readonly trace_id: string
  readonly span_id: string
  readonly parent_span_id: string | null
  readonly name: string
  readonly service: string
  readonly kind: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links: readonly { readonly trace_id: string; readonly span_id: string }[]
}

export async function readTrace(queryUrl: string, traceId: string): Promise<Span[]> {
  const response = await fetch(`${queryUrl}/${traceId}`)
  return ((await response.json()) as { spans: Span[] }).spans
}

/** The trace once it has a span for each of these names, and their parents: services export in batches, each in its own time. */
export async function completeTrace(queryUrl: string, traceId: string, names: readonly string[]): Promise<Span[]> {
  let spans: Span[] = []
  await waitUntil(`trace ${traceId} with ${names.join(', ')}`, 15_000, async () => {
    spans = await readTrace(queryUrl, traceId)
    const found = spans.map(({ name }) => name)
    return names.every((name) => timesOf(name, found) >= timesOf(name, names)) && orphansOf(spans).length === 0
  })
  return spans
}

const timesOf = (name: string, names: readonly string[]) => names.filter((each) => each === name).length

/** Spans whose parent is not in the trace. */
export function orphansOf(spans: readonly Span[]): Span[] {
  const ids = new Set(spans.map(({ span_id }) => span_id))
  return spans.filter(({ parent_span_id }) => Boolean(parent_span_id) && !ids.has(parent_span_id ?? ''))
}
