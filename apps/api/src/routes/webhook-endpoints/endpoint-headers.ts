import { endpointHeadersContext } from '@ctrip/db/database/sealed-contexts'
import type { SecretBox } from '@ctrip/db/database/secret-box'
import type { SealedHeaders } from '@ctrip/db/webhooks/webhook-endpoints'
import type { WebhookEndpointId } from '@ctrip/domain/ids'
import { z } from 'zod'
import { refuseDropped } from '../../schemas/metadata'

const HEADERS_MAX = 10
const NAME_CHARACTERS_MAX = 64
const VALUE_CHARACTERS_MAX = 1_024
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** RFC 9110 §5.5, without the bytes beyond ASCII that nobody reads alike. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/
/** Headers that we set ourselves, and headers of one connection. */
const RESERVED = new Set([
  ...['accept-encoding', 'connection', 'content-encoding', 'content-length', 'content-type', 'expect', 'host'],
  ...['keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'user-agent'],
  ...['traceparent', 'tracestate', 'baggage'],
])

/** Headers that the receiver asks for: `Authorization` of a staging server, the key of an edge. */
export const endpointHeaders = z
  .preprocess(
    refuseDropped,
    z
      .record(
        z
          .string()
          .min(1)
          .max(NAME_CHARACTERS_MAX)
          .regex(NAME, 'Must be the name of a header.')
          .refine((name) => !isReserved(name), 'This header is ours to set.'),
        z.string().max(VALUE_CHARACTERS_MAX).regex(VALUE, 'Must be visible ASCII, without spaces around it.'),
      )
      .refine((headers) => Object.keys(headers).length <= HEADERS_MAX, `At most ${HEADERS_MAX} headers.`)
      .refine(namesOnce, 'Each header once: their case makes no difference.'),
  )
  .meta({
    description: 'Sent along with each webhook. Encrypted, and never shown again.',
    maxProperties: HEADERS_MAX,
    propertyNames: { minLength: 1, maxLength: NAME_CHARACTERS_MAX },
  })

/** Null where there are none. */
export function sealHeaders(
  box: SecretBox,
  id: WebhookEndpointId,
  headers: Readonly<Record<string, string>> | null,
): SealedHeaders | null {
  const entries = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const)
  if (entries.length === 0) return null
  const sealed = box.seal(JSON.stringify(Object.fromEntries(entries)), endpointHeadersContext(id))
  return { names: entries.map(([name]) => name), sealed }
}

function isReserved(name: string): boolean {
  const lower = name.toLowerCase()
  return RESERVED.has(lower) || lower.startsWith('webhook-') || lower.startsWith('proxy-')
}

function namesOnce(headers: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  return new Set(names).size === names.length
}
