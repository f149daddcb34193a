import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { ApiKeyId, MerchantId } from '@ctrip/domain/ids'
import type { Access, Caller } from './endpoint'
import { Problem } from './problem'

interface KeyHolder {
  readonly keyId: ApiKeyId
  readonly merchantId: MerchantId
}

export interface AuthenticateDeps {
  readonly adminApiKey: string
  readonly findHolder: (keyHash: Uint8Array) => Promise<KeyHolder | null>
  readonly onUse: (keyId: ApiKeyId) => void
}

export type Authenticate = (authorization: string | undefined, access: Access) => Promise<Caller | Problem>

const BEARER = /^Bearer +([\x21-\x7e]{1,256})$/i
const MERCHANT_KEY = /^sk_[A-Za-z0-9_-]{43}$/

/** Finds out who calls. A key that exists but opens another door is a 403, everything else a 401. */
export function authenticator({ adminApiKey, findHolder, onUse }: AuthenticateDeps): Authenticate {
  const adminHash = hashKey(adminApiKey)
  const lookup = joined(findHolder)

  return async (authorization, access) => {
    const key = BEARER.exec(authorization ?? '')?.[1]
    if (key === undefined) return unauthorized('Give your API key as `Authorization: Bearer sk_…`.')
    const hash = hashKey(key)
    // Digests have one length, and a comparison of them tells nothing of where the keys differ.
    if (timingSafeEqual(hash, adminHash)) {
      return access === 'admin' ? { kind: 'admin' } : forbidden('The operator’s key opens /api/v1/admin only.')
    }
    const holder = MERCHANT_KEY.test(key) ? await lookup(hash) : null
    if (holder === null) return unauthorized('This API key is not valid, or has been revoked.')
    if (access === 'admin') return forbidden('This call is for the operator.')
    onUse(holder.keyId)
    return { kind: 'merchant', ...holder }
  }
}

interface FreshKey {
  readonly key: string
  readonly hash: Uint8Array<ArrayBuffer>
  readonly lastFour: string
}

/** A new merchant's key: 256 random bits, so a plain SHA-256 of it can be kept. */
export function newApiKey(): FreshKey {
  const key = `sk_${randomBytes(32).toString('base64url')}`
  return { key, hash: hashKey(key), lastFour: key.slice(-4) }
}

function hashKey(key: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash('sha256').update(key).digest())
}

/**
 * Requests with one key that come while it is being looked up wait for that look-up: under load one query serves many.
 * Nothing is kept beyond it, so a revoked key is refused from the next look-up on, a few milliseconds later.
 */
function joined(find: AuthenticateDeps['findHolder']): AuthenticateDeps['findHolder'] {
  const underWay = new Map<string, Promise<KeyHolder | null>>()
  return (hash) => {
    const name = Buffer.from(hash).toString('base64')
    const existing = underWay.get(name)
    if (existing !== undefined) return existing
    const started = find(hash).finally(() => underWay.delete(name))
    underWay.set(name, started)
    return started
  }
}

function unauthorized(detail: string): Problem {
  return new Problem(401, 'unauthorized', detail, { headers: { 'WWW-Authenticate': 'Bearer' } })
}

function forbidden(detail: string): Problem {
  return new Problem(403, 'forbidden', detail)
}
