import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { messageOf } from '@ctrip/telemetry/errors'
import { PROMETHEUS_TEXT, toPrometheusText, wantsPrometheusText } from '@ctrip/telemetry/prometheus-text'
import type { CheckStatus } from './health'
import type { StalledWorker } from './heartbeats'

export interface Readiness {
  readonly ready: boolean
  readonly phase: 'starting' | 'running' | 'stopping'
  readonly checks: readonly CheckStatus[]
}

export interface OpsServerDeps {
  readonly readiness: () => Readiness
  readonly stalledWorkers: () => readonly StalledWorker[]
  readonly metrics: { metrics(): Promise<string>; readonly contentType: string }
}

export interface OpsServer {
  readonly port: number
  close(): Promise<void>
}

const REQUEST_TIMEOUT_MS = 5_000
const compress = promisify(gzip)

/** Serves `/livez`, `/readyz` and `/metrics` for Kubernetes and Prometheus; rejects if it cannot listen. */
export async function startOpsServer(
  deps: OpsServerDeps,
  listen: { readonly port: number; readonly host?: string | undefined },
): Promise<OpsServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0]
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return sendJson(response, 405, { status: 'method_not_allowed' })
    switch (path) {
      case '/livez':
        return sendLiveness(response, deps.stalledWorkers())
      case '/readyz':
        return sendReadiness(response, deps.readiness())
      case '/metrics':
        return void sendMetrics(request, response, deps.metrics)
      default:
        return sendJson(response, 404, { status: 'not_found' })
    }
  })
  server.requestTimeout = REQUEST_TIMEOUT_MS
  await listening(server, listen)
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) }
}

/** Fails only for a stalled work loop, which a restart may mend. A dependency that is away is no reason to restart. */
function sendLiveness(response: ServerResponse, stalled: readonly StalledWorker[]): void {
  const alive = stalled.length === 0
  sendJson(response, alive ? 200 : 503, { status: alive ? 'ok' : 'stalled', workers: stalled })
}

function sendReadiness(response: ServerResponse, { ready, phase, checks }: Readiness): void {
  sendJson(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not_ready', phase, checks })
}

/** OpenMetrics, which alone carries exemplars, unless the scraper asks for the older format. */
async function sendMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: OpsServerDeps['metrics'],
): Promise<void> {
  try {
    const text = await metrics.metrics()
    const isOldFormat = wantsPrometheusText(request.headers.accept)
    const headers = {
      'content-type': isOldFormat ? PROMETHEUS_TEXT : metrics.contentType,
      vary: 'accept, accept-encoding',
    }
    const body = isOldFormat ? toPrometheusText(text) : text
    if (!/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) response.writeHead(200, headers).end(body)
    else response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(await compress(body))
  } catch (error) {
    sendJson(response, 500, { status: 'metrics_failed', error: messageOf(error) })
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body))
}

function listening(server: Server, { port, host }: { port: number; host?: string | undefined }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve)
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
