import { randomBytes } from 'node:crypto'
import { type Database, openDatabase } from '@ctrip/db/database/database'
import { endpointSecretContext } from '@ctrip/db/database/sealed-contexts'
import { openSecretBox } from '@ctrip/db/database/secret-box'
import { transaction } from '@ctrip/db/database/transaction'
import { appendEvents } from '@ctrip/db/events/events'
import { migrate } from '@ctrip/db/schema/migrate'
import { idToUuid, type MerchantId, newId } from '@ctrip/domain/ids'
import { connectBus } from '@ctrip/events/bus'
import { createLogger } from '@ctrip/telemetry/logger'

export const SECRETS_KEY = '42'.repeat(32)
/** A merchant may have at most twenty endpoints: five merchants have ten each. */
const ENDPOINTS_PER_MERCHANT = 10
/** The size of a rendered payment. */
const FILLING = 'x'.repeat(900)

export interface World {
  readonly db: Database
  readonly endpointsPerEvent: number
  /** Commits this many events, in transactions of `perCommit`. */
  append(count: number, perCommit: number): Promise<void>
  setPath(index: number, path: string): Promise<void>
  settled(): Promise<number>
  close(): Promise<void>
}

/** A database with an endpoint on each of these ports. */
export async function makeWorld(databaseUrl: string, natsUrl: string, ports: readonly number[]): Promise<World> {
  await migrate(databaseUrl)
  const db = openDatabase({ url: databaseUrl, applicationName: 'bench', poolSize: 4, slowQueryMs: 60_000 })
  const bus = connectBus({ url: natsUrl, name: 'bench', log: createLogger({ service: 'bench', level: 'error' }) })
  const merchants: MerchantId[] = []
  const endpoints: string[] = []
  for (const [index, port] of ports.entries()) {
    if (index % ENDPOINTS_PER_MERCHANT === 0) merchants.push(await addMerchant(db))
    endpoints.push(await addEndpoint(db, merchants.at(-1) as MerchantId, `http://127.0.0.1:${port}/webhooks`))
  }
  let appended = 0
  return {
    db,
    endpointsPerEvent: ENDPOINTS_PER_MERCHANT,
    async append(count, perCommit) {
      for (let done = 0; done < count; done += perCommit) {
        const events = Array.from({ length: Math.min(perCommit, count - done) }, () =>
          eventOf(merchants[appended++ % merchants.length] as MerchantId),
        )
        await transaction(db, 'bench.append', (tx) => appendEvents(tx, events))
        bus.wakeRelay()
      }
    },
    async setPath(index, path) {
      const url = `http://127.0.0.1:${ports[index]}${path}`
      await db.prisma.webhook_endpoints.update({ where: { id: endpoints[index] ?? '' }, data: { url } })
    },
    settled: () => db.prisma.deliveries.count({ where: { status: 'delivered' } }),
    async close() {
      await bus.close()
      await db.close()
    },
  }
}

async function addMerchant(db: Database): Promise<MerchantId> {
  const id = newId('merchant')
  await db.prisma.merchants.create({ data: { id: idToUuid(id), name: 'Bench' } })
  return id
}

async function addEndpoint(db: Database, merchantId: MerchantId, url: string): Promise<string> {
  const id = newId('webhookEndpoint')
  const plain = `whsec_${randomBytes(24).toString('base64')}`
  const secret = openSecretBox([SECRETS_KEY]).seal(plain, endpointSecretContext(id))
  const row = { id: idToUuid(id), merchant_id: idToUuid(merchantId), url, events: ['payment.*'], secret }
  await db.prisma.webhook_endpoints.create({ data: row })
  return row.id
}

function eventOf(merchantId: MerchantId) {
  const traceAnchor = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`
  const subject = newId('payment')
  const data = { payment: { id: subject, filling: FILLING } }
  return {
    draft: { type: 'payment.confirmed' as const, merchantId, subject, sequence: 4, traceAnchor, data },
    traceparent: traceAnchor,
  }
}
