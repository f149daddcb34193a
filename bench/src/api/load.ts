import { Pool } from 'undici'
import { percentile, round } from '../lab/statistics'

export interface LoadTarget {
  readonly origin: string
  readonly path: string
  /** Called for each request. */
  readonly headers: () => Readonly<Record<string, string>>
  readonly body: string
}

export interface LoadResult {
  readonly requests: number
  readonly requests_per_second: number
  readonly p50_ms: number
  readonly p99_ms: number
}

export const CONNECTIONS = 32

/** Posts on 32 connections for the given time, one request at a time each. Throws if a response is not 201. */
export async function load({ origin, path, headers, body }: LoadTarget, durationMs: number): Promise<LoadResult> {
  const pool = new Pool(origin, { connections: CONNECTIONS, pipelining: 1 })
  const durationsMs: number[] = []
  const until = performance.now() + durationMs

  async function connection(): Promise<void> {
    while (performance.now() < until) {
      const startedAt = performance.now()
      const answer = await pool.request({ method: 'POST', path, headers: headers(), body })
      const text = await answer.body.text()
      if (answer.statusCode !== 201) throw new Error(`${path} answered ${answer.statusCode}: ${text}`)
      durationsMs.push(performance.now() - startedAt)
    }
  }

  const startedAt = performance.now()
  await Promise.all(Array.from({ length: CONNECTIONS }, connection))
  const seconds = (performance.now() - startedAt) / 1000
  await pool.close()
  return {
    requests: durationsMs.length,
    requests_per_second: Math.round(durationsMs.length / seconds),
    p50_ms: round(percentile(durationsMs, 0.5), 1),
    p99_ms: round(percentile(durationsMs, 0.99), 1),
  }
}
