import { randomBytes } from 'node:crypto'
import { type Database, openDatabase } from '@ctrip/db/database/database'
import { openSecretBox } from '@ctrip/db/database/secret-box'
import { transaction } from '@ctrip/db/database/transaction'
import { appendEvents } from '@ctrip/db/events/events'
import { migrate } from '@ctrip/db/schema/migrate'
import type { EventType } from '@ctrip/domain/events'
import {
  type EventId,
  idToUuid,
  type MerchantId,
  newId,
  type PaymentId,
  type WebhookEndpointId,
} from '@ctrip/domain/ids'
import { openTestDatabase } from '@ctrip/local-stack/test-database'

export const SECRETS_KEY = '11'.repeat(32)

export interface TestWorld {
  readonly url: string
  readonly db: Database
  readonly merchant: () => Promise<MerchantId>
  readonly endpoint: (merchantId: MerchantId, url: string, options?: EndpointOptions) => Promise<TestEndpoint>
  /** Appends events of this type, one payment each, as the services do. */
  readonly append: (merchantId: MerchantId, type: EventType, count?: number) => Promise<EventId[]>
  readonly close: () => Promise<void>
}

interface EndpointOptions {
  readonly events?: readonly string[]
  readonly enabled?: boolean
}

interface TestEndpoint {
  readonly id: WebhookEndpointId
  readonly secret: string
}

/** A database of its own, migrated, beside those of other tests. */
export async function testWorld(): Promise<TestWorld> {
  const database = await openTestDatabase()
  const world = await worldIn(database.url)
  return {
    ...world,
    async close() {
      await world.close()
      await database.drop()
    },
  }
}

/** The same in an empty database that exists. */
export async function worldIn(url: string): Promise<TestWorld> {
  await migrate(url)
  const db = openDatabase({ url, applicationName: 'test', poolSize: 4, slowQueryMs: 10_000 })
  return {
    url,
    db,
    merchant: async () => {
      const id = newId('merchant')
      await db.prisma.merchants.create({ data: { id: idToUuid(id), name: 'Test' } })
      return id
    },
    endpoint: (merchantId, endpointUrl, options) => insertEndpoint(db, merchantId, endpointUrl, options),
    append: async (merchantId, type, count = 1) => {
      const drafts = Array.from({ length: count }, () => draftOf(merchantId, type, newId('payment')))
      return transaction(db, 'test.append', (tx) => appendEvents(tx, drafts))
    },
    close: () => db.close(),
  }
}

async function insertEndpoint(
  db: Database,
  merchantId: MerchantId,
  url: string,
  { events = ['*'], enabled = true }: EndpointOptions = {},
): Promise<TestEndpoint> {
  const id = newId('webhookEndpoint')
  const secret = `whsec_${randomBytes(24).toString('base64')}`
  await db.prisma.webhook_endpoints.create({
    data: {
      id: idToUuid(id),
      merchant_id: idToUuid(merchantId),
      url,
      events: [...events],
      enabled,
      secret: openSecretBox([SECRETS_KEY]).seal(secret, `webhook_endpoint:${id}`),
    },
  })
  return { id, secret }
}

function draftOf(merchantId: MerchantId, type: EventType, subject: PaymentId) {
  const trace = randomBytes(16).toString('hex')
  const traceAnchor = `00-${trace}-${randomBytes(8).toString('hex')}-01`
  return {
    draft: {
      type,
      merchantId,
      subject,
      sequence: 1,
      traceAnchor,
      data: { payment: { id: subject, note: 'zażółć 🪙' } },
    },
    traceparent: `00-${trace}-${randomBytes(8).toString('hex')}-01`,
  }
}
