import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'

/** Encrypts what must not be read from a dump of the database: webhook secrets, stored answers. */
export interface SecretBox {
  /** `context` names the row that the secret belongs to: moved to another row it cannot be opened. */
  seal(secret: string, context: string): Uint8Array<ArrayBuffer>
  /** Throws if no key opens it, or it was altered or moved. */
  open(sealed: Uint8Array, context: string): string
  /** The same, with whether `seal` would make it so today: with the first key, in the newest version. Null where no key opens it. */
  reopen(sealed: Uint8Array, context: string): { readonly secret: string; readonly isCurrent: boolean } | null
}

/** Version 1 sealed all records under one key, with random nonces alone: NIST SP 800-38D allows 2^32 of these. It is still opened. */
const SHARED_KEY = 1
/** Version 2 derives a key for each record from a random salt, so that no number of records wears out SECRETS_KEY. */
const RECORD_KEY = 2
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * AES-256-GCM (NIST SP 800-38D) under a key of the record's own: HKDF (RFC 5869) of SECRETS_KEY with a random salt, stored beside it as
 * version, salt, nonce, tag, text. The first key seals, any opens: while a key is being rotated both are given, new one first.
 */
export function openSecretBox(keysHex: readonly string[]): SecretBox {
  const keys = keysHex.map((hex) => ({
    shared: derive(Buffer.from(hex, 'hex'), '', 'ctrip/secret-box/v1'),
    recordKey: (salt: Uint8Array) => derive(Buffer.from(hex, 'hex'), salt, 'ctrip/secret-box/v2'),
  }))
  const [sealing] = keys
  if (sealing === undefined) throw new RangeError('a secret box needs at least one key')
  const reopen: SecretBox['reopen'] = (sealed, context) => {
    const [version] = sealed
    const rest = Buffer.from(sealed).subarray(1)
    for (const key of keys) {
      if (version === SHARED_KEY) {
        const secret = tryOpen(key.shared, rest, context)
        if (secret !== null) return { secret, isCurrent: false }
      }
      if (version === RECORD_KEY && rest.length > SALT_BYTES) {
        const secret = tryOpen(key.recordKey(rest.subarray(0, SALT_BYTES)), rest.subarray(SALT_BYTES), context)
        if (secret !== null) return { secret, isCurrent: key === sealing }
      }
    }
    return null
  }
  return {
    reopen,
    seal(secret, context) {
      const salt = randomBytes(SALT_BYTES)
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', sealing.recordKey(salt), nonce).setAAD(Buffer.from(context))
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return Uint8Array.from(Buffer.concat([Buffer.of(RECORD_KEY), salt, nonce, cipher.getAuthTag(), body]))
    },
    open(sealed, context) {
      if (sealed[0] !== SHARED_KEY && sealed[0] !== RECORD_KEY) throw new Error('sealed by an unknown version')
      const opened = reopen(sealed, context)
      if (opened === null) throw new Error(`no key opens the secret of ${context}`)
      return opened.secret
    },
  }
}

function derive(secret: Uint8Array, salt: Uint8Array | string, info: string): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync('sha256', secret, salt, info, 32)))
}

function tryOpen(key: KeyObject, sealed: Buffer, context: string): string | null {
  const [nonce, tag] = [sealed.subarray(0, NONCE_BYTES), sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)]
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(context)).setAuthTag(tag)
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    return null // another key sealed it, or it is not what was sealed
  }
}
