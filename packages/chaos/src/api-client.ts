import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random'

const TIMEOUT_MS = 15_000
const PAUSE_MS = 500

interface TransferView {
  readonly tx_hash: string
  readonly kind: string
  readonly amount: string
  readonly status: string
}

export interface PaymentView {
  readonly id: string
  readonly status: string
  readonly flags: readonly string[]
  readonly chain: string
  readonly asset: { readonly symbol: string }
  readonly amount: string
  readonly amount_received: string
  readonly address: string
  readonly transfers: readonly TransferView[]
  readonly sequence: number
  readonly trace_id: string
  readonly created_at: string
  readonly expires_at: string
}

export interface SweepView {
  readonly id: string
  readonly status: string
  readonly chain: string
  readonly asset: { readonly symbol: string }
  readonly items: readonly { readonly payment_id: string; readonly amount_collected: string | null }[]
}

export interface ApiClient {
  /** Sends a request to one of the replicas and retries until one responds, because outages are expected. */
  call<T>(key: string, method: string, path: string, body?: object): Promise<T>
  /** All of a list, page by page. */
  list<T extends { readonly id: string }>(key: string, path: string): Promise<T[]>
}

export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

export function apiClient(urls: readonly string[], random: Random): ApiClient {
  let keys = 0
  const call: ApiClient['call'] = async <T>(key: string, method: string, path: string, body?: object): Promise<T> => {
    // The same key for every try, so that a request whose response was lost is not applied twice.
    const idempotencyKey = `chaos-${++keys}`
    for (;;) {
      const response = await tryOnce(`${random.pick(urls)}/api/v1${path}`, key, method, idempotencyKey, body)
      if (response?.ok) return (await response.json()) as T
      if (response !== null && response.status < 500 && ![409, 429].includes(response.status))
        throw new RefusedError(`${method} ${path}: ${response.status} ${await response.text()}`)
      await sleep(PAUSE_MS)
    }
  }
  return {
    call,
    async list<T extends { readonly id: string }>(key: string, path: string) {
      const all: T[] = []
      for (let from = ''; ; ) {
        const page = await call<{ data: T[]; has_more: boolean }>(key, 'GET', `${path}?limit=100${from}`)
        all.push(...page.data)
        const last = page.data.at(-1)
        if (!page.has_more || last === undefined) return all
        from = `&starting_after=${last.id}`
      }
    },
  }
}

async function tryOnce(
  url: string,
  key: string,
  method: string,
  idempotencyKey: string,
  body: object | undefined,
): Promise<Response | null> {
  try {
    return await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        ...(method === 'POST' && { 'idempotency-key': idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  } catch {
    return null // unreachable, or too slow
  }
}
