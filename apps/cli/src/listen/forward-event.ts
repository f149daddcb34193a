import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import type { Event } from '../api-schemas'

/** A developer restarts the receiver all the time: patience for that, and no more. */
const PAUSES_MS = [0, 1_000, 3_000] as const
const TIMEOUT_MS = 15_000

export interface Forwarded {
  /** Null: no answer came. */
  readonly status: number | null
  readonly ok: boolean
  readonly error: string | null
}

/** Delivers an event as the dispatcher would: signed by Standard Webhooks, its id the same at each attempt. */
export async function forwardEvent(event: Event, url: string, secret: string): Promise<Forwarded> {
  const body = JSON.stringify(event)
  let forwarded: Forwarded = { status: null, ok: false, error: null }
  for (const pauseMs of PAUSES_MS) {
    await sleep(pauseMs)
    forwarded = await attempt(event.id, body, url, secret)
    if (forwarded.ok) break
  }
  return forwarded
}

async function attempt(id: string, body: string, url: string, secret: string): Promise<Forwarded> {
  const now = new Date()
  try {
    const { status, ok } = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign(id, now, body),
      },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    return { status, ok, error: null }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return { status: null, ok: false, error: cause instanceof Error ? cause.message : String(cause) }
  }
}
