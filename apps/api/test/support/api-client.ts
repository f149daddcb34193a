import { checkAgainstDocument } from './openapi-check'

interface ApiAnswer<Body> {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Body
}

/** What a test reads of a problem. */
interface ProblemBody {
  readonly code: string
  readonly detail?: string
  readonly status: number
  readonly param?: string
  readonly errors?: { path: string; message: string; code: string }[]
  readonly request_id: string
}

export interface ListBody<Item> {
  readonly object: 'list'
  readonly data: Item[]
  readonly has_more: boolean
}

type Headed = Readonly<Record<string, string>>

/** Speaks JSON under one key. Every answer it gets is checked against the OpenAPI document on the way. */
export interface ApiClient {
  get<Body = ProblemBody>(path: string, headers?: Headed): Promise<ApiAnswer<Body>>
  post<Body = ProblemBody>(path: string, body?: unknown, headers?: Headed): Promise<ApiAnswer<Body>>
  patch<Body = ProblemBody>(path: string, body: unknown): Promise<ApiAnswer<Body>>
  delete<Body = ProblemBody>(path: string): Promise<ApiAnswer<Body>>
  /** The body as it is, under whatever headers. */
  raw(
    method: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer> | null,
    headers: Headed,
  ): Promise<ApiAnswer<ProblemBody>>
}

export function apiClient(url: string, key: string | null): ApiClient {
  const authorization: Headed = key === null ? {} : { authorization: `Bearer ${key}` }

  async function send<Body>(
    method: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer> | null,
    headers: Headed,
  ): Promise<ApiAnswer<Body>> {
    const response = await fetch(`${url}${path}`, { method, headers: { ...authorization, ...headers }, body })
    const text = await response.text()
    await checkAgainstDocument({ url, method, path, response, text })
    // The document has just vouched for the shape.
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (text === '' ? null : JSON.parse(text)) as Body,
    }
  }

  const json = { 'content-type': 'application/json' }
  return {
    get: (path, headers = {}) => send('GET', path, null, headers),
    post: (path, body, headers = {}) =>
      body === undefined
        ? send('POST', path, null, headers)
        : send('POST', path, JSON.stringify(body), { ...json, ...headers }),
    patch: (path, body) => send('PATCH', path, JSON.stringify(body), json),
    delete: (path) => send('DELETE', path, null, {}),
    raw: (method, path, body, headers) => send(method, path, body, headers),
  }
}
