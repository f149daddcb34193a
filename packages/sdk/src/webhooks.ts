import { WebhookVerificationError } from './errors.ts'
import type { Event } from './events.ts'

export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

export interface VerifyOptions {
  /** How far the clocks may be apart, and how old a replayed webhook may be. Default: 300. */
  readonly toleranceSeconds?: number
  readonly now?: Date
}

const TOLERANCE_SECONDS = 300
const SECRET_PREFIX = 'whsec_'

/**
 * Checks a webhook by Standard Webhooks 1.0.0 and returns its event; throws WebhookVerificationError. `body` is what was
 * received, byte for byte: parsed and printed again, it would be another. Several secrets are tried in turn.
 */
export async function verify(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string | readonly string[] | undefined,
  { toleranceSeconds = TOLERANCE_SECONDS, now = new Date() }: VerifyOptions = {},
): Promise<Event> {
  checkBody(body)
  const secrets = secretsOf(secret)
  const id = read(headers, 'webhook-id')
  const timestamp = read(headers, 'webhook-timestamp')
  checkAge(timestamp, now, toleranceSeconds)
  const bytes = typeof body === 'string' ? encode(body) : body
  const signed = concat(encode(`${id}.${timestamp}.`), bytes)
  const signatures = signaturesOf(read(headers, 'webhook-signature'))
  // Compares in constant time, unlike `===` of two texts.
  for (const key of await Promise.all(secrets.map(importKey)))
    for (const signature of signatures)
      if (await crypto.subtle.verify('HMAC', key, signature, signed)) return parse(bytes)
  throw new WebhookVerificationError('No signature is of this secret and this body')
}

/** Without types it may be what a framework has made of the body. */
function checkBody(body: unknown): void {
  if (typeof body === 'string' || body instanceof Uint8Array) return
  throw new WebhookVerificationError(
    'The body must be the raw text or bytes that came, not a parsed object: in Express use express.raw({ type: "application/json" })',
  )
}

function secretsOf(secret: string | readonly string[] | undefined): readonly string[] {
  const secrets = [secret ?? []].flat().filter((one) => one !== '')
  if (secrets.length > 0) return secrets
  throw new WebhookVerificationError(
    "The secret is missing: give the endpoint's whsec_… secret, from a variable that is set",
  )
}

function read(headers: WebhookHeaders, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : findHeader(headers, name)
  const text = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value
  if (typeof text === 'string' && text !== '') return text
  if (Array.isArray(value)) throw new WebhookVerificationError(`The header ${name} came more than once`)
  throw new WebhookVerificationError(`The header ${name} is missing`)
}

function findHeader(headers: Exclude<WebhookHeaders, Headers>, name: string) {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
}

function checkAge(timestamp: string, now: Date, toleranceSeconds: number): void {
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookVerificationError('The timestamp is none')
  const ageSeconds = now.getTime() / 1000 - Number(timestamp)
  if (Math.abs(ageSeconds) <= toleranceSeconds) return
  throw new WebhookVerificationError(`The timestamp is ${ageSeconds > 0 ? 'too old' : 'in the future'}`)
}

/** The header is a list while a secret is rotated; versions that are not ours are for others. */
function signaturesOf(header: string): Uint8Array<ArrayBuffer>[] {
  return header
    .split(' ')
    .filter((item) => item.startsWith('v1,'))
    .map((item) => decodeBase64(item.slice('v1,'.length)))
    .filter((bytes) => bytes !== null)
}

function importKey(secret: string) {
  const bytes = decodeBase64(secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret)
  if (bytes === null || bytes.length === 0)
    throw new WebhookVerificationError('The secret must be whsec_ and base64: give it as the gateway showed it')
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

function parse(body: Uint8Array): Event {
  return JSON.parse(new TextDecoder().decode(body)) as Event
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return null // not base64: a signature that fits nothing
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(first.length + second.length)
  joined.set(first)
  joined.set(second, first.length)
  return joined
}
