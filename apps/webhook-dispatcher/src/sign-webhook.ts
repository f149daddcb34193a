import { createHmac } from 'node:crypto'

const SECRET_PREFIX = 'whsec_'

export interface SignedMessage {
  readonly id: string
  readonly timestampSeconds: number
  /** The bytes that are sent. */
  readonly body: Buffer
}

/**
 * The `webhook-signature` header: one `v1,…` for each secret, separated by spaces (Standard Webhooks 1.0.0,
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export function signWebhook(secrets: readonly string[], message: SignedMessage): string {
  return secrets.map((secret) => `v1,${hmac(secret, message)}`).join(' ')
}

function hmac(secret: string, { id, timestampSeconds, body }: SignedMessage): string {
  const key = Buffer.from(secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret, 'base64')
  return createHmac('sha256', key).update(`${id}.${timestampSeconds}.`).update(body).digest('base64')
}
