export interface Payment {
  readonly id: string
  readonly status: string
  readonly address: string
  readonly payment_uri: string
  readonly amount: string
  readonly amount_received: string
  readonly trace_id: string
  readonly flags: string[]
  readonly sequence: number
}

export interface Sweep {
  readonly id: string
  readonly status: string
  readonly items: { payment_id: string; amount: string }[]
}

interface Event {
  readonly id: string
  readonly type: string
  readonly sequence: number
  readonly data: { payment?: { id: string } }
}

/** A thin HTTP client of a merchant that hides nothing of the API. */
export interface Api {
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  createPayment(body: object): Promise<Payment>
  payment(id: string): Promise<Payment>
  createEndpoint(url: string, events?: readonly string[]): Promise<{ id: string; secret: string }>
  sweeps(): Promise<Sweep[]>
  /** Every event of the merchant, oldest first. */
  events(): Promise<Event[]>
}

export function openApi(url: string, key: string): Api {
  const request: Api['request'] = (method, path, body, headers = {}) =>
    fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    })

  async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await request(method, path, body)
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  return {
    request,
    createPayment: (body) => json('POST', '/payments', body),
    payment: (id) => json('GET', `/payments/${id}`),
    createEndpoint: (endpointUrl, events = ['*']) => json('POST', '/webhook-endpoints', { url: endpointUrl, events }),
    sweeps: async () => (await json<{ data: Sweep[] }>('GET', '/sweeps?limit=100')).data,
    async events() {
      const all: Event[] = []
      for (let after = ''; ; ) {
        const page = await json<{ data: Event[]; has_more: boolean }>('GET', `/events?limit=100${after}`)
        all.push(...page.data)
        const last = page.data.at(-1)
        if (!page.has_more || last === undefined) return all
        after = `&after=${last.id}`
      }
    },
  }
}
