import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { KeyHolder } from '@ctrip/db/merchants/api-keys'
import type { Operator } from '@ctrip/db/merchants/operators'
import type { Caller } from './endpoint'
import { Problem } from './problem'

export interface AuthenticateDeps {
  readonly adminApiKey: string
  readonly findHolder: (keyHash: Uint8Array<ArrayBuffer>) => Promise<KeyHolder | null>
  readonly findOperator: (keyHash: Uint8Array<ArrayBuffer>) => Promise<Pick<Operator, 'id' | 'name' | 'role'> | null>
}

export type Authenticate = (authorization: string | undefined) => Promise<Caller | Problem>

const BEARER = /^Bearer +([\x21-\x7e]{1,256})$/i
const PREFIXES = { merchant: 'sk', operator: 'opk' } as const
const KEY = /^(sk|opk)_[A-Za-z0-9_-]{43}$/

/** The name of ADMIN_API_KEY in the audit log. No other operator may have it. */
export const FIRST_OPERATOR = 'admin'

/** Finds out who calls; a 401 if nobody known. What the caller may do is decided by `refusalOf`. */
export function authenticator({ adminApiKey, findHolder, findOperator }: AuthenticateDeps): Authenticate {
  const adminHash = hashKey(adminApiKey)
  const lookUpHolder = joined(findHolder)
  const lookUpOperator = joined(findOperator)

  return async (authorization) => {
    const key = BEARER.exec(authorization ?? '')?.[1]
    if (key === undefined) return unauthorized('unauthorized', 'Give your API key as `Authorization: Bearer sk_…`.')
    const hash = hashKey(key)
    // Digests have one length, and a comparison of them tells nothing of where the keys differ.
    if (timingSafeEqual(hash, adminHash))
      return { kind: 'admin', operatorId: null, name: FIRST_OPERATOR, role: 'operator' }
    switch (KEY.exec(key)?.[1]) {
      case PREFIXES.merchant:
        return asMerchant(await lookUpHolder(hash))
      case PREFIXES.operator:
        return asOperator(await lookUpOperator(hash))
      default:
        return unknownKey()
    }
  }
}

function asMerchant(holder: KeyHolder | null): Caller | Problem {
  if (holder === null) return unknownKey()
  const { isExpired, ...caller } = holder
  if (isExpired) return unauthorized('key_expired', 'This API key has expired. Ask the operator for a new one.')
  return { kind: 'merchant', ...caller }
}

function asOperator(operator: Pick<Operator, 'id' | 'name' | 'role'> | null): Caller | Problem {
  if (operator === null) return unknownKey()
  return { kind: 'admin', operatorId: operator.id, name: operator.name, role: operator.role }
}

interface FreshKey {
  readonly key: string
  readonly hash: Uint8Array<ArrayBuffer>
  readonly lastFour: string
}

/** A new key: 256 random bits, so that a plain SHA-256 of it can be kept. */
export function newKey(holder: keyof typeof PREFIXES): FreshKey {
  const key = `${PREFIXES[holder]}_${randomBytes(32).toString('base64url')}`
  return { key, hash: hashKey(key), lastFour: key.slice(-4) }
}

function hashKey(key: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash('sha256').update(key).digest())
}

type LookUp<Found> = (hash: Uint8Array<ArrayBuffer>) => Promise<Found>

/**
 * Requests with one key that come while it is being looked up wait for that look-up: under load one query serves many.
 * Nothing is kept beyond it, so a revoked key is refused from the next look-up on, a few milliseconds later.
 */
function joined<Found>(find: LookUp<Found>): LookUp<Found> {
  const underWay = new Map<string, Promise<Found>>()
  return (hash) => {
    const name = Buffer.from(hash).toString('base64')
    const existing = underWay.get(name)
    if (existing !== undefined) return existing
    const started = find(hash).finally(() => underWay.delete(name))
    underWay.set(name, started)
    return started
  }
}

function unknownKey(): Problem {
  return unauthorized('unauthorized', 'This API key is not valid, or has been revoked.')
}

function unauthorized(code: 'unauthorized' | 'key_expired', detail: string): Problem {
  return new Problem(401, code, detail, { headers: { 'WWW-Authenticate': 'Bearer' } })
}
