import { createServer } from 'node:http'
import { listen } from '@ctrip/local-stack/http-server'

/** Receives traces and discards them, because the receiver's work is not measured. */
export async function startDrain(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
  })
  const { url, stop } = await listen(server, 0)
  return { url: `${url}/v1/traces`, stop }
}

/** Settings that make a service export its traces there. */
export function tracesTo(url: string): Record<string, string> {
  return { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }
}
