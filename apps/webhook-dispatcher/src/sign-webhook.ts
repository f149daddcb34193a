import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { endpointHeadersContext, endpointSecretContext } from '@ctrip/db/database/sealed-contexts'
import type { SecretBox } from '@ctrip/db/database/secret-box'
import type { ClaimedDelivery } from '@ctrip/db/webhooks/delivery-claims'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'

const SECRET_PREFIX = 'whsec_'

interface SignedMessage {
  readonly id: string
  readonly timestampSeconds: number
  /** The bytes that are sent. */
  readonly body: Buffer
}

/**
 * The `webhook-signature` header: one `v1,…` for each key, separated by spaces (Standard Webhooks 1.0.0,
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export function signWebhook(keys: readonly KeyObject[], { id, timestampSeconds, body }: SignedMessage): string {
  return keys
    .map((key) => createHmac('sha256', key).update(`${id}.${timestampSeconds}.`).update(body).digest('base64'))
    .map((signature) => `v1,${signature}`)
    .join(' ')
}

/** The key in a secret: what stands after `whsec_`, in base64. */
export function signingKey(secret: string): KeyObject {
  const base64 = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret
  return createSecretKey(Buffer.from(base64, 'base64'))
}

/** The keys that sign this delivery: the endpoint's, and for a day after a rotation the one before. Throws if one cannot be opened. */
export type SigningKeys = (claimed: ClaimedDelivery) => KeyObject[]

/** The headers that the endpoint's merchant wants sent along. Throws if they cannot be opened. */
export type EndpointHeaders = (claimed: ClaimedDelivery) => Readonly<Record<string, string>>

const KEYS_MAX = 5_000
const NO_HEADERS = {}
const headersSchema = z.record(z.string(), z.string())

/** Remembers opened headers by their sealed bytes. */
export function endpointHeaders(secrets: SecretBox): EndpointHeaders {
  const opened = new LRUCache<string, Readonly<Record<string, string>>>({ max: KEYS_MAX })
  return ({ endpointId, sealedHeaders: sealed }) => {
    if (sealed === null) return NO_HEADERS
    const name = Buffer.from(sealed).toString('base64')
    const known = opened.get(name)
    if (known !== undefined) return known
    const headers = headersSchema.parse(JSON.parse(secrets.open(sealed, endpointHeadersContext(endpointId))))
    opened.set(name, headers)
    return headers
  }
}

/** Remembers opened secrets by their sealed bytes, of which no two are alike: to open one costs more than to sign. */
export function signingKeys(secrets: SecretBox): SigningKeys {
  const opened = new LRUCache<string, KeyObject>({ max: KEYS_MAX })

  function open(sealed: Uint8Array, context: string): KeyObject {
    const name = `${context}:${Buffer.from(sealed).toString('base64')}`
    const known = opened.get(name)
    if (known !== undefined) return known
    const key = signingKey(secrets.open(sealed, context))
    opened.set(name, key)
    return key
  }

  return ({ endpointId, sealedSecret, sealedPreviousSecret }) => {
    const sealed = sealedPreviousSecret === null ? [sealedSecret] : [sealedSecret, sealedPreviousSecret]
    return sealed.map((secret) => open(secret, endpointSecretContext(endpointId)))
  }
}
