import { idFromUuid, idToUuid, type MerchantId, type WebhookEndpointId } from '@ctrip/domain/ids'
import type { Executor } from '../database/database'
import { type Page, type PageOf, pageOf } from '../database/pages'
import { Prisma, type webhook_endpoints as WebhookEndpointRow } from '../generated/prisma/client'

/** Where a merchant wants to be told. Its secrets are no part of it: they are read where they are signed with. */
export interface WebhookEndpoint {
  readonly id: WebhookEndpointId
  readonly merchantId: MerchantId
  readonly url: string
  /** Types of events; `*` and `prefix.*` match many. */
  readonly events: readonly string[]
  readonly description: string | null
  readonly enabled: boolean
  /** Why it was disabled by us, not by its merchant. */
  readonly disabledReason: string | null
  /** Of the headers sent along; their values are read where they are sent. */
  readonly headerNames: readonly string[]
  /** Only events of payments with these values in their metadata; null: of all. */
  readonly metadataEquals: Readonly<Record<string, string>> | null
  readonly failingSince: Date | null
  readonly consecutiveFailures: number
  /** Nothing is sent until then, then one probe; null: closed. */
  readonly circuitOpenUntil: Date | null
  /** When the next delivery is due; null if none waits. */
  readonly nextAttemptAt: Date | null
  readonly createdAt: Date
}

export interface WebhookEndpointTerms {
  readonly url: string
  readonly events: readonly string[]
  readonly description: string | null
  readonly enabled: boolean
  /** Null: none. */
  readonly headers: SealedHeaders | null
  readonly metadataEquals: Readonly<Record<string, string>> | null
}

/** Headers to send along, encrypted, and their names. */
export interface SealedHeaders {
  readonly names: readonly string[]
  readonly sealed: Uint8Array<ArrayBuffer>
}

/** How long the old secret goes on signing beside the new one. */
const ROTATION_HOURS = 24

/** Locks the merchant's endpoints against others being added, until the transaction ends, and counts them. */
export async function countEndpointsForUpdate(tx: Executor, merchantId: MerchantId): Promise<number> {
  await tx.$queryRaw`SELECT 1 FROM merchants WHERE id = ${idToUuid(merchantId)}::uuid FOR UPDATE`
  return tx.webhook_endpoints.count({ where: { merchant_id: idToUuid(merchantId) } })
}

export async function insertWebhookEndpoint(
  tx: Executor,
  merchantId: MerchantId,
  endpoint: WebhookEndpointTerms & {
    readonly id: WebhookEndpointId
    readonly sealedSecret: Uint8Array<ArrayBuffer>
  },
): Promise<WebhookEndpoint> {
  const row = await tx.webhook_endpoints.create({
    data: {
      id: idToUuid(endpoint.id),
      merchant_id: idToUuid(merchantId),
      url: endpoint.url,
      events: [...endpoint.events],
      description: endpoint.description,
      enabled: endpoint.enabled,
      secret: endpoint.sealedSecret,
      ...headerColumns(endpoint.headers),
      metadata_equals: endpoint.metadataEquals ?? Prisma.DbNull,
    },
  })
  return toWebhookEndpoint(row, null)
}

/** A merchant's endpoint; null for another's, as for none. */
export async function findWebhookEndpoint(
  executor: Executor,
  merchantId: MerchantId,
  id: WebhookEndpointId,
): Promise<WebhookEndpoint | null> {
  const row = await executor.webhook_endpoints.findUnique({ where: ofMerchant(merchantId, id) })
  return row === null ? null : ((await withNextAttempts(executor, [row]))[0] ?? null)
}

/** Newest first, by the index webhook_endpoints_by_merchant. */
export async function listWebhookEndpoints(
  executor: Executor,
  merchantId: MerchantId,
  page: Page<WebhookEndpointId>,
): Promise<PageOf<WebhookEndpoint>> {
  const before = page.startingAfter === null ? {} : { id: { lt: idToUuid(page.startingAfter) } }
  const rows = await executor.webhook_endpoints.findMany({
    where: { merchant_id: idToUuid(merchantId), ...before },
    orderBy: { id: 'desc' },
    take: page.limit + 1,
  })
  const { items, hasMore } = pageOf(rows, page)
  return { items: await withNextAttempts(executor, items), hasMore }
}

/** Changes what is given; enabling starts with a clean sheet. Null for another's endpoint, as for none. */
export async function updateWebhookEndpoint(
  tx: Executor,
  merchantId: MerchantId,
  id: WebhookEndpointId,
  changes: Partial<WebhookEndpointTerms>,
): Promise<WebhookEndpoint | null> {
  const { events, headers, metadataEquals, ...rest } = changes
  const [row] = await tx.webhook_endpoints.updateManyAndReturn({
    where: ofMerchant(merchantId, id),
    data: {
      ...rest,
      ...(events === undefined ? {} : { events: [...events] }),
      ...(headers === undefined ? {} : headerColumns(headers)),
      ...(metadataEquals === undefined ? {} : { metadata_equals: metadataEquals ?? Prisma.DbNull }),
      ...(changes.enabled === true ? CLEAN_SHEET : {}),
      updated_at: new Date(),
    },
  })
  return row === undefined ? null : ((await withNextAttempts(tx, [row]))[0] ?? null)
}

/** The new secret signs from now on, the old one beside it for a day. Null for another's endpoint, as for none. */
export async function rotateEndpointSecret(
  tx: Executor,
  merchantId: MerchantId,
  id: WebhookEndpointId,
  sealedSecret: Uint8Array,
): Promise<WebhookEndpoint | null> {
  await tx.$executeRaw`
    UPDATE webhook_endpoints SET previous_secret = secret, secret = ${sealedSecret}, updated_at = now(),
      previous_secret_until = now() + ${ROTATION_HOURS} * interval '1 hour'
    WHERE id = ${idToUuid(id)}::uuid AND merchant_id = ${idToUuid(merchantId)}::uuid`
  return findWebhookEndpoint(tx, merchantId, id)
}

/** Deletes the endpoint and discards what still waits for it. False for another's endpoint, as for none. */
export async function deleteWebhookEndpoint(
  tx: Executor,
  merchantId: MerchantId,
  id: WebhookEndpointId,
): Promise<boolean> {
  const { count } = await tx.webhook_endpoints.deleteMany({ where: ofMerchant(merchantId, id) })
  if (count === 0) return false
  await tx.$executeRaw`
    WITH dropped AS (DELETE FROM delivery_queue WHERE endpoint_id = ${idToUuid(id)}::uuid RETURNING event_id, delivery_id)
    UPDATE deliveries SET status = 'discarded', completed_at = clock_timestamp() FROM dropped
    WHERE deliveries.event_id = dropped.event_id AND deliveries.id = dropped.delivery_id AND status = 'pending'`
  return true
}

const CLEAN_SHEET = {
  disabled_reason: null,
  failing_since: null,
  failure_warnings: 0,
  consecutive_failures: 0,
  circuit_open_until: null,
  paused_until: null,
}

function ofMerchant(merchantId: MerchantId, id: WebhookEndpointId) {
  return { id: idToUuid(id), merchant_id: idToUuid(merchantId) }
}

function headerColumns(headers: SealedHeaders | null) {
  return { headers: headers?.sealed ?? null, header_names: [...(headers?.names ?? [])] }
}

/** By the indexes delivery_queue_first and delivery_queue_retries. */
async function withNextAttempts(executor: Executor, rows: readonly WebhookEndpointRow[]): Promise<WebhookEndpoint[]> {
  const due = (kind: Prisma.Sql) => Prisma.sql`
    (SELECT due_at FROM delivery_queue WHERE endpoint_id = wanted.id AND ${kind} ORDER BY due_at LIMIT 1)`
  const next = await executor.$queryRaw<{ id: string; due_at: Date | null }[]>`
    SELECT id, least(${due(Prisma.sql`attempts = 0`)}, ${due(Prisma.sql`attempts > 0`)}) AS due_at
    FROM unnest(${rows.map(({ id }) => id)}::uuid[]) AS wanted(id)`
  const byId = new Map(next.map(({ id, due_at: dueAt }) => [id, dueAt]))
  return rows.map((row) => toWebhookEndpoint(row, byId.get(row.id) ?? null))
}

function toWebhookEndpoint(row: WebhookEndpointRow, dueAt: Date | null): WebhookEndpoint {
  const quietUntil = [row.paused_until, row.circuit_open_until].filter((time) => time !== null)
  return {
    id: idFromUuid('webhookEndpoint', row.id),
    merchantId: idFromUuid('merchant', row.merchant_id),
    url: row.url,
    events: row.events,
    description: row.description,
    enabled: row.enabled,
    disabledReason: row.disabled_reason,
    headerNames: row.header_names,
    metadataEquals: row.metadata_equals as Record<string, string> | null,
    failingSince: row.failing_since,
    consecutiveFailures: row.consecutive_failures,
    circuitOpenUntil: row.circuit_open_until,
    // Not before a pause or an open circuit ends.
    nextAttemptAt: dueAt === null ? null : new Date(Math.max(...[dueAt, ...quietUntil].map((time) => time.getTime()))),
    createdAt: row.created_at,
  }
}
