import { z } from 'zod'
import { UsageError } from './answer'

const TIMEOUT_MS = 15_000

/** The HTTP API with one key. Paths are relative to /api/v1; an answer is checked against the schema it is asked for with. */
export interface Api {
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>
  post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T>
  delete(path: string): Promise<void>
}

const problemSchema = z.object({ title: z.string(), detail: z.string().optional() })

export function openApi(baseUrl: string, key: string): Api {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${baseUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new Error(`${baseUrl} does not answer`, { cause })
    })
    const text = await response.text()
    if (!response.ok) throw refusal(response.status, describe(`${method} ${path}`, response.status, text))
    return text === '' ? null : JSON.parse(text)
  }
  return {
    get: async (path, schema) => schema.parse(await call('GET', path)),
    post: async (path, body, schema) => schema.parse(await call('POST', path, body)),
    delete: async (path) => {
      await call('DELETE', path)
    },
  }
}

/** What the API does not understand was typed wrongly. */
function refusal(status: number, message: string): Error {
  return status === 422 ? new UsageError(message) : new Error(message)
}

/** The problem's own words (RFC 9457). */
function describe(request: string, status: number, text: string): string {
  const problem = problemSchema.safeParse(parseJson(text))
  if (!problem.success) return `${request} was answered with ${status}`
  const { title, detail } = problem.data
  return detail === undefined ? `${title} (${status})` : `${title} (${status}): ${detail}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
