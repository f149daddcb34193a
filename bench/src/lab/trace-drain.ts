import { createServer } from 'node:http'
import { listen } from '@ctrip/local-stack/http-server'

/** Takes traces and forgets them: what their receiver does with them is not what is measured. */
export async function startDrain(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
  })
  const { url, stop } = await listen(server, 0)
  return { url: `${url}/v1/traces`, stop }
}

/** Settings with which a service exports its traces there. */
export function tracesTo(url: string): Record<string, string> {
  return { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }
}
