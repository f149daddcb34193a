import { ENDPOINT_TEST } from '@ctrip/domain/events'
import { type EventId, idFromUuid, idToUuid, type MerchantId } from '@ctrip/domain/ids'
import type { Executor } from '../database/database'
import { type PageOf, pageOf } from '../database/pages'

/** An event as it was rendered: its JSON, never made anew. */
export interface ListedEvent {
  readonly id: EventId
  readonly body: string
}

/** Only what has been published, until when an event's place in the order is not known; and tests, which never are. */
export async function findEvent(executor: Executor, merchantId: MerchantId, id: EventId): Promise<ListedEvent | null> {
  const rows = await executor.$queryRaw<{ id: string; body: string }[]>`
    SELECT id, body FROM events
    WHERE id = ${idToUuid(id)}::uuid AND merchant_id = ${idToUuid(merchantId)}::uuid
      AND (position IS NOT NULL OR type = ${ENDPOINT_TEST})`
  return rows.map(toEvent)[0] ?? null
}

/** An event's place in the order of publication; null if the merchant has no such event, or its day is over. */
export async function positionOf(executor: Executor, merchantId: MerchantId, id: EventId): Promise<bigint | null> {
  const rows = await executor.$queryRaw<{ position: bigint | null }[]>`
    SELECT position FROM events WHERE id = ${idToUuid(id)}::uuid AND merchant_id = ${idToUuid(merchantId)}::uuid`
  return rows[0]?.position ?? null
}

/**
 * A merchant's events after a position, oldest first, by the index events_by_position. Positions are given in order under
 * one lock, so what commits late comes late and is skipped by nobody. `types` may end in `*`; null takes all.
 */
export async function listEvents(
  executor: Executor,
  merchantId: MerchantId,
  { after, types, limit }: { readonly after: bigint; readonly types: readonly string[] | null; readonly limit: number },
): Promise<PageOf<ListedEvent>> {
  const patterns = types === null ? null : types.map((type) => type.replace(/[%_\\]/g, '\\$&').replace(/\*$/, '%'))
  const rows = await executor.$queryRaw<{ id: string; body: string }[]>`
    SELECT id, body FROM events
    WHERE merchant_id = ${idToUuid(merchantId)}::uuid AND position > ${after}
      AND (${patterns}::text[] IS NULL OR type LIKE ANY(${patterns}::text[]))
    ORDER BY position LIMIT ${limit + 1}`
  return pageOf(rows.map(toEvent), { limit })
}

function toEvent(row: { id: string; body: string }): ListedEvent {
  return { id: idFromUuid('event', row.id), body: row.body }
}
