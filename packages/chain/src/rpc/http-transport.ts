import { Pool } from 'undici'
import type { SecretUrl } from '../secret-url'

const CONNECTIONS_MAX = 16
const RESPONSE_BYTES_MAX = 256 * 1024 * 1024 // a trace of a full block is tens of megabytes

export interface HttpAnswer {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: string
}

/** One provider's connections. Knows nothing of JSON-RPC. */
export class HttpTransport {
  readonly #pool: Pool
  readonly #path: string
  readonly #headers: Record<string, string>

  constructor(secretUrl: SecretUrl) {
    const url = secretUrl.reveal()
    this.#pool = new Pool(url.origin, { connections: CONNECTIONS_MAX, maxResponseSize: RESPONSE_BYTES_MAX })
    this.#path = url.pathname + url.search
    this.#headers = { 'content-type': 'application/json', accept: 'application/json', ...basicAuth(url) }
  }

  async post(body: string, signal: AbortSignal): Promise<HttpAnswer> {
    const answer = await this.#pool.request({ method: 'POST', path: this.#path, headers: this.#headers, body, signal })
    const retryAfter = answer.headers['retry-after']
    return {
      status: answer.statusCode,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
      body: await answer.body.text(),
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}

function basicAuth(url: URL): Record<string, string> {
  if (url.username === '') return {}
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}
