import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'

/** Encrypts what must not be read from a dump of the database: webhook secrets, stored answers. */
export interface SecretBox {
  /** `context` names the row that the secret belongs to: moved to another row it cannot be opened. */
  seal(secret: string, context: string): Uint8Array<ArrayBuffer>
  /** Throws if no key opens it, or it was altered or moved. */
  open(sealed: Uint8Array, context: string): string
  /** The same, with whether it was sealed with the first key; null where no key opens it. */
  reopen(sealed: Uint8Array, context: string): { readonly secret: string; readonly isCurrent: boolean } | null
}

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * AES-256-GCM (NIST SP 800-38D) under a key derived from SECRETS_KEY. The first key seals, any opens: while a key is being
 * rotated both are given, new one first.
 */
export function openSecretBox(keysHex: readonly string[]): SecretBox {
  const keys = keysHex.map((hex) =>
    createSecretKey(new Uint8Array(hkdfSync('sha256', Buffer.from(hex, 'hex'), '', 'ctrip/secret-box/v1', 32))),
  )
  const [sealing] = keys
  if (sealing === undefined) throw new RangeError('a secret box needs at least one key')
  const reopen: SecretBox['reopen'] = (sealed, context) => {
    if (sealed[0] !== VERSION) return null
    for (const key of keys) {
      const secret = tryOpen(key, Buffer.from(sealed).subarray(1), context)
      if (secret !== null) return { secret, isCurrent: key === sealing }
    }
    return null
  }
  return {
    reopen,
    seal(secret, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(context))
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return Uint8Array.from(Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), body]))
    },
    open(sealed, context) {
      if (sealed[0] !== VERSION) throw new Error('sealed by an unknown version')
      const opened = reopen(sealed, context)
      if (opened === null) throw new Error(`no key opens the secret of ${context}`)
      return opened.secret
    },
  }
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
