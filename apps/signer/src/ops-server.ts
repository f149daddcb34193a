import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { renderMetrics } from './metrics'

export interface OpsServer {
  readonly port: number
  close(): Promise<void>
}

export interface Readiness {
  readonly ready: boolean
  readonly phase: 'starting' | 'running' | 'stopping'
}

const REQUEST_TIMEOUT_MS = 5_000
const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8'

/** Serves `/livez`, `/readyz` and `/metrics`, and answers no other request; rejects if it cannot listen. */
export async function startOpsServer(
  readiness: () => Readiness,
  { port, host }: { readonly port: number; readonly host: string | undefined },
): Promise<OpsServer> {
  const server: Server = createServer(({ url = '' }, response) => {
    const json = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    switch (url.split('?', 1)[0]) {
      case '/livez':
        return json(200, { status: 'ok', workers: [] })
      case '/readyz': {
        const { ready, phase } = readiness()
        return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not_ready', phase, checks: [] })
      }
      case '/metrics':
        return response.writeHead(200, { 'content-type': PROMETHEUS_TEXT }).end(renderMetrics())
      default:
        return json(404, { status: 'not_found' })
    }
  })
  server.requestTimeout = REQUEST_TIMEOUT_MS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
