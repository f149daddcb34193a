import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'

const SECRET_PREFIX = 'whsec_'

export interface SignedMessage {
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
