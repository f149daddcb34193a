import type { TraceSpan } from '../api-schemas'
import { formatDuration } from './duration'
import { buildSpanTree, type SpanNode } from './span-tree'

const NAME_WIDTH = 46
const BAR_WIDTH = 40
const SERVICE_PREFIX = 'ctrip-'

/**
 * A trace as a waterfall for a terminal: one line a span, children indented below their parent, a bar where and how long it
 * ran. Repeated leaves (the queries of a loop) share a line with their number; a span whose parent is missing says so.
 */
export function renderWaterfall(traceId: string, spans: readonly TraceSpan[]): string {
  if (spans.length === 0) return `trace ${traceId}: no spans (forgotten, or not arrived yet)`
  const roots = buildSpanTree(spans)
  const from = Math.min(...roots.map(earliest))
  const to = Math.max(...roots.map(latest))
  const services = [...new Set(spans.map(({ service }) => service))]
  const heading = `trace ${traceId}  ${spans.length} spans, ${services.length} services, ${formatDuration(to - from)}`
  const serviceWidth = Math.max(...services.map((service) => shortService(service).length))
  const lines = roots.flatMap((root) => renderNode(root, 0, { from, to, serviceWidth }))
  return [heading, ...lines].join('\n')
}

interface Scale {
  readonly from: number
  readonly to: number
  readonly serviceWidth: number
}

function renderNode(node: SpanNode, depth: number, scale: Scale): string[] {
  const service = shortService(node.service).padEnd(scale.serviceWidth)
  const notes = [...(node.count > 1 ? [`×${node.count}`] : []), ...(node.orphan ? ['(parent missing)'] : [])]
  const label = toWidth([`${'  '.repeat(depth)}${node.failed ? '✗ ' : ''}${node.name}`, ...notes].join(' '), NAME_WIDTH)
  const line = ` ${service}  ${label} ${bar(node, scale)} ${formatDuration(node.end - node.start)}`
  return [line, ...node.children.flatMap((child) => renderNode(child, depth + 1, scale))]
}

/** At least one mark: a short span is not an absent one. */
function bar({ start, end }: SpanNode, { from, to }: Scale): string {
  const perColumn = Math.max(to - from, 1) / BAR_WIDTH
  const first = Math.min(Math.floor((start - from) / perColumn), BAR_WIDTH - 1)
  const last = Math.min(Math.max(Math.ceil((end - from) / perColumn), first + 1), BAR_WIDTH)
  return `│${' '.repeat(first)}${'█'.repeat(last - first)}${' '.repeat(BAR_WIDTH - last)}│`
}

function toWidth(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width)
}

function shortService(service: string): string {
  return service.startsWith(SERVICE_PREFIX) ? service.slice(SERVICE_PREFIX.length) : service
}

function earliest(node: SpanNode): number {
  return Math.min(node.start, ...node.children.map(earliest))
}

function latest(node: SpanNode): number {
  return Math.max(node.end, ...node.children.map(latest))
}
