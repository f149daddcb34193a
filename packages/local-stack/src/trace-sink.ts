import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { listen, readBody } from './http-server'
import { type OtlpRequest, type StoredSpan, spansOf } from './otlp'

const SPANS_MAX = 200_000
const SPANS_PER_TRACE_MAX = 5_000
const BODY_BYTES_MAX = 16 * 1024 * 1024

export interface TraceSink {
  readonly otlpUrl: string
  /** `GET {queryUrl}/{trace_id}` returns `{"spans": […]}`, oldest first; none for an unknown trace. */
  readonly queryUrl: string
  readonly stop: () => Promise<void>
}

/** Starts a receiver of OTLP over HTTP with JSON that keeps the latest spans in memory, oldest traces forgotten first. */
export async function startTraceSink(port: number): Promise<TraceSink> {
  const store = spanStore()
  const server = createServer((request, response) => {
    handle(store, request, response).catch((error: unknown) => answer(response, 400, { error: String(error) }))
  })
  const { url, stop } = await listen(server, port)
  return { otlpUrl: `${url}/v1/traces`, queryUrl: `${url}/traces`, stop }
}

async function handle(store: SpanStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? ''
  if (request.method === 'POST' && path === '/v1/traces') {
    const body = await readBody(request, BODY_BYTES_MAX)
    const json = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    store.add(spansOf(JSON.parse(json.toString('utf8')) as OtlpRequest))
    return answer(response, 200, {})
  }
  const traceId = /^\/traces\/([0-9a-f]{32})$/i.exec(path)?.[1]
  if (request.method === 'GET' && traceId) return answer(response, 200, { spans: store.trace(traceId.toLowerCase()) })
  return answer(response, 404, { error: 'not found' })
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

interface SpanStore {
  add(spans: readonly StoredSpan[]): void
  trace(traceId: string): StoredSpan[]
}

function spanStore(): SpanStore {
  const traces = new Map<string, StoredSpan[]>() // in the order of their first span
  let total = 0

  const forgetOldest = () => {
    const [oldest] = traces
    if (!oldest) return
    traces.delete(oldest[0])
    total -= oldest[1].length
  }
  return {
    add(spans) {
      for (const span of spans) {
        const trace = traces.get(span.trace_id) ?? []
        traces.set(span.trace_id, trace)
        if (trace.length >= SPANS_PER_TRACE_MAX) continue
        trace.push(span)
        total += 1
        if (total > SPANS_MAX) forgetOldest()
      }
    },
    trace: (traceId) => (traces.get(traceId) ?? []).toSorted((a, b) => a.start.localeCompare(b.start)),
  }
}
