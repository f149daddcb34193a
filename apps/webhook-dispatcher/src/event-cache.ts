import type { Database } from '@ctrip/db/database/database'
import { type DeliverableEvent, readDeliverableEvents } from '@ctrip/db/events/deliverable-events'
import type { EventId } from '@ctrip/domain/ids'
import { LRUCache } from 'lru-cache'

/** An event as bytes, rendered once and sent as often as needed. */
export interface EventToDeliver extends DeliverableEvent {
  readonly bytes: Buffer
}

export interface EventCache {
  /** The events that exist; an event never changes, so what was read once need not be read again. */
  get(ids: readonly EventId[]): Promise<ReadonlyMap<EventId, EventToDeliver>>
}

const BYTES_MAX = 4 * 1024 * 1024

export function eventCache(db: Database): EventCache {
  const cache = new LRUCache<EventId, EventToDeliver>({
    maxSize: BYTES_MAX,
    sizeCalculation: ({ bytes }) => bytes.length + 512,
  })
  return {
    async get(ids) {
      const found = new Map<EventId, EventToDeliver>()
      const missing = new Set<EventId>()
      for (const id of ids) {
        const known = cache.get(id)
        if (known === undefined) missing.add(id)
        else found.set(id, known)
      }
      if (missing.size === 0) return found
      for (const event of await readDeliverableEvents(db, [...missing])) {
        const withBytes = { ...event, bytes: Buffer.from(event.body) }
        cache.set(event.id, withBytes)
        found.set(event.id, withBytes)
      }
      return found
    },
  }
}
