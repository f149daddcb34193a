import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from '../api-client'
import { type Event, eventSchema, listOf } from '../api-schemas'

const POLL_EVERY_MS = 1_000
const PAGE = 100

export interface FollowOptions {
  /** Filters as a webhook endpoint has them: `payment.*`, separated by commas. */
  readonly types: string
  /** The API did not answer; it is asked again. */
  readonly onTrouble: (error: unknown) => void
  readonly signal: AbortSignal
}

/** The merchant's events from now on, in the order of their publication, until the signal aborts. */
export async function* followEvents(api: Api, { types, onTrouble, signal }: FollowOptions): AsyncGenerator<Event> {
  const read = (after: string | null) => {
    const query = new URLSearchParams({ limit: String(PAGE), types, ...(after === null ? {} : { after }) })
    return api.get(`/events?${query.toString()}`, listOf(eventSchema))
  }
  let after = await lastEvent(read)
  while (!signal.aborted) {
    const page = await read(after).catch(onTrouble)
    for (const event of page?.data ?? []) {
      yield event
      after = event.id
    }
    if (!page?.has_more) await sleep(POLL_EVERY_MS, undefined, { signal }).catch(() => undefined) // told to stop
  }
}

/** What has been is not wanted; the list has no end to begin at, so it is read through. */
async function lastEvent(
  read: (after: string | null) => Promise<{ data: Event[]; has_more: boolean }>,
): Promise<string | null> {
  for (let after: string | null = null; ; ) {
    const page = await read(after)
    after = page.data.at(-1)?.id ?? after
    if (!page.has_more) return after
  }
}
