import type { ProviderConfig } from '../chain-config'
import { rpcFailovers, rpcProviderUp, rpcRequestDuration, rpcRequests } from '../metrics'
import { CircuitBreaker } from './circuit-breaker'
import { classifyHttpStatus, classifyNodeError, type NodeError } from './classify-error'
import { type ErrorKind, lacksMethod, type RetryableKind } from './error-kinds'
import { type HttpAnswer, HttpTransport } from './http-transport'
import { parseAnswer, retryAfterMs } from './parse-answer'
import { PermanentRpcError, RetryableRpcError } from './rpc-error'
import { methodLabel } from './rpc-methods'
import { scrub } from './scrub'

const PAUSE_MS_DEFAULT = 1_000
const LIE_HALF_LIFE_MS = 600_000
const LACK_REMEMBERED_MS = 600_000 // a node may be upgraded

export interface ProviderRequest {
  readonly method: string
  readonly params: readonly unknown[]
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
}

/** One named node: sends requests, and remembers how it behaves. */
export class RpcProvider {
  readonly name: string
  readonly #chain: string
  readonly #url: URL
  readonly #transport: HttpTransport
  readonly #breaker = new CircuitBreaker()
  #pausedUntil = 0
  #lies = 0
  #liedAt = 0
  #lastId = 0
  readonly #lacking = new Map<string, number>()
  headBlock: number | null = null
  /** Its checks failed: no answer of it is used. */
  excluded = false
  /** Counts the times that the connection failed: what answers after that may be another node. */
  connection = 0

  constructor(chain: string, config: ProviderConfig) {
    this.name = config.name
    this.#chain = chain
    this.#url = config.http.reveal()
    this.#transport = new HttpTransport(config.http)
    rpcProviderUp.set({ chain, provider: this.name }, 1)
    rpcFailovers.inc({ chain, provider: this.name }, 0) // there from the start, so that the first increase is seen
  }

  get up(): boolean {
    return this.#breaker.closed && !this.excluded
  }

  available(now: number): boolean {
    return now >= this.#pausedUntil && this.#breaker.permits(now)
  }

  /** When a request is worth trying again, for `retryAfterMs`. */
  pausedForMs(now: number): number {
    return Math.max(0, this.#pausedUntil - now)
  }

  penalty(now: number): number {
    return this.#lies * 2 ** (-(now - this.#liedAt) / LIE_HALF_LIFE_MS)
  }

  caughtLying(now: number): void {
    this.#lies = this.penalty(now) + 1
    this.#liedAt = now
  }

  lacks(method: string, now: number): boolean {
    return now < (this.#lacking.get(method) ?? 0)
  }

  /**
   * Sends one request. Throws RetryableRpcError or PermanentRpcError, or the signal's reason when the caller aborts.
   * After a timeout the request may have had its effect.
   */
  async request(request: ProviderRequest): Promise<unknown> {
    if (Date.now() < this.#pausedUntil || !this.#breaker.claim(Date.now()))
      throw this.#error('unavailable', request.method, 'paused')
    const startedAt = performance.now()
    let outcome = 'aborted'
    try {
      const result = await this.#exchange(request)
      outcome = 'ok'
      return result
    } catch (error) {
      if (error instanceof RetryableRpcError || error instanceof PermanentRpcError) outcome = error.kind
      throw error
    } finally {
      const labels = { chain: this.#chain, provider: this.name, method: methodLabel(request.method) }
      rpcRequestDuration.observe(labels, (performance.now() - startedAt) / 1_000)
      rpcRequests.inc({ ...labels, outcome })
      rpcProviderUp.set({ chain: this.#chain, provider: this.name }, this.up ? 1 : 0)
    }
  }

  async close(): Promise<void> {
    await this.#transport.close()
  }

  async #exchange(request: ProviderRequest): Promise<unknown> {
    const id = ++this.#lastId
    const answer = await this.#post(
      JSON.stringify({ jsonrpc: '2.0', id, method: request.method, params: request.params }),
      request,
    )
    const parsed = parseAnswer(answer.body, id)
    if (answer.status === 429) throw this.#limited(request.method, retryAfterMs(answer.retryAfter, Date.now()))
    if (parsed.kind === 'error') throw this.#nodeError(parsed.error, request.method)
    if (answer.status !== 200) throw this.#httpError(answer.status, request.method)
    if (parsed.kind === 'malformed') throw this.#failed('malformed', request.method, parsed.reason)
    this.#breaker.succeeded()
    return parsed.result
  }

  async #post(body: string, request: ProviderRequest): Promise<HttpAnswer> {
    const timeout = AbortSignal.timeout(request.timeoutMs)
    const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal])
    try {
      return await this.#transport.post(body, signal)
    } catch (error) {
      if (request.signal?.aborted) {
        this.#breaker.gaveUp()
        throw request.signal.reason
      }
      if (timeout.aborted) throw this.#failed('timeout', request.method, `no answer in ${request.timeoutMs} ms`)
      // The cause is left behind: its message names the host, and some providers put the key there.
      throw this.#failed('network', request.method, errorCode(error))
    }
  }

  /** The node answered, so it is alive, whatever it says; only a limit makes it rest. */
  #nodeError(error: NodeError, method: string): Error {
    const sort = classifyNodeError(error, method)
    const reason = scrub(error.message, this.#url)
    const details = { chain: this.#chain, provider: this.name, method, reason, statusCode: error.code }
    this.#breaker.succeeded()
    this.#noteLack(sort.kind, method)
    if (sort.retryable) {
      const limited = sort.kind === 'rate_limited'
      return new RetryableRpcError(sort.kind, details, limited ? this.#pause(null) : null)
    }
    const data = typeof error.data === 'string' && error.data.startsWith('0x') ? error.data : null
    return new PermanentRpcError(sort.kind, details, data)
  }

  /** A refusal says nothing about other methods: only trouble of the provider itself counts towards cutting it off. */
  #httpError(status: number, method: string): RetryableRpcError {
    const sort = classifyHttpStatus(status)
    if (sort === null || !sort.retryable) return this.#failed('http_status', method, `HTTP ${status}`)
    this.#breaker.succeeded()
    this.#noteLack(sort.kind, method)
    return this.#error(sort.kind, method, `HTTP ${status}`)
  }

  #limited(method: string, waitMs: number | null): RetryableRpcError {
    this.#breaker.succeeded()
    return this.#error('rate_limited', method, 'HTTP 429', this.#pause(waitMs))
  }

  #noteLack(kind: ErrorKind, method: string): void {
    if (lacksMethod(kind)) this.#lacking.set(method, Date.now() + LACK_REMEMBERED_MS)
  }

  #pause(waitMs: number | null): number {
    const pauseMs = waitMs ?? PAUSE_MS_DEFAULT
    this.#pausedUntil = Date.now() + pauseMs
    return pauseMs
  }

  #failed(kind: RetryableKind, method: string, reason: string): RetryableRpcError {
    this.#breaker.failed(Date.now())
    if (kind === 'network' || kind === 'http_status') this.connection += 1
    return this.#error(kind, method, reason)
  }

  #error(kind: RetryableKind, method: string, reason: string, waitMs: number | null = null): RetryableRpcError {
    return new RetryableRpcError(kind, { chain: this.#chain, provider: this.name, method, reason }, waitMs)
  }
}

function errorCode(error: unknown): string {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
  return hasCode ? (error.code as string) : 'no connection'
}
