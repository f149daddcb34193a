import fc, { type Arbitrary } from 'fast-check'
import { z } from 'zod'
import type { Access, EndpointSpec } from '../../src/http/endpoint'
import { endpoints } from '../../src/routes/endpoints'
import type { ApiClient } from '../support/api-client'
import { anything, type JsonSchema, near, strange } from './values'

/** A call that is documented, with everything about it almost, or not at all, as documented. */
export interface MalformedRequest {
  readonly access: Access
  readonly method: string
  readonly path: string
  readonly body: string | Uint8Array | null
  readonly headers: Readonly<Record<string, string>>
}

/** Throws if the answer is not as documented, or our fault. */
export async function sendMalformed(
  clients: Readonly<Record<Access, ApiClient>>,
  sent: MalformedRequest,
): Promise<number> {
  const body = typeof sent.body === 'string' || sent.body === null ? sent.body : Uint8Array.from(sent.body)
  const { status } = await clients[sent.access].raw(sent.method, sent.path, body, sent.headers)
  if (status >= 500) throw new Error(`${sent.method} ${sent.path} was answered with ${status}`)
  return status
}

const MEDIA_TYPES = ['text/plain', 'application/json;charset=latin1', 'a/b']
const header = fc.stringMatching(/^[\x20-\x7e\x80-\xff]{0,300}$/)

/** All calls as often as one another. Made once: arbitraries of schemas are dear to make. */
export const malformedRequests: Arbitrary<MalformedRequest> = fc.oneof(...endpoints.map(({ spec }) => malformed(spec)))

function malformed(spec: EndpointSpec): Arbitrary<MalformedRequest> {
  const hasBody = spec.method === 'post' || spec.method === 'patch'
  return fc
    .record({
      path: paths(spec),
      query: near(schemaOf(spec.query)),
      body: hasBody ? bodies(spec) : fc.constant(null),
      type: fc.oneof({ weight: 9, arbitrary: fc.constant('application/json') }, fc.constantFrom(...MEDIA_TYPES)),
      key: fc.option(header, { nil: null, freq: 3 }),
    })
    .map(({ path, query, body, type, key }) => ({
      access: spec.access,
      method: spec.method.toUpperCase(),
      path: `${path}?${search(query)}`,
      body,
      headers: { ...(hasBody ? { 'content-type': type } : {}), ...(key === null ? {} : { 'idempotency-key': key }) },
    }))
}

function paths(spec: EndpointSpec): Arbitrary<string> {
  const [name] = Object.keys(spec.params.shape)
  if (name === undefined) return fc.constant(spec.path)
  const expected = near(schemaOf(spec.params).properties?.[name] ?? {})
  return fc
    .oneof(expected, strange, fc.string())
    .map((value) => spec.path.replace(`:${name}`, () => encodeURIComponent(wellFormed(value))))
}

function bodies(spec: EndpointSpec): Arbitrary<string | Uint8Array> {
  const expected = spec.body === null ? anything : near(schemaOf(spec.body))
  return fc.oneof(
    { weight: 8, arbitrary: expected.map((value) => JSON.stringify(value)) },
    anything.map((value) => JSON.stringify(value)),
    fc.uint8Array({ maxLength: 2_000 }),
    fc.string({ unit: 'binary' }),
  )
}

function search(query: unknown): string {
  const given: [string, unknown][] =
    typeof query === 'object' && query !== null ? Object.entries(query) : [['query', query]]
  const params = new URLSearchParams()
  for (const [name, value] of given) params.append(wellFormed(name), wellFormed(value))
  return params.toString()
}

function wellFormed(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed()
}

function schemaOf(schema: z.ZodType): JsonSchema {
  // What zod writes is JSON Schema; we read the few keywords of it that our schemas use.
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
}
