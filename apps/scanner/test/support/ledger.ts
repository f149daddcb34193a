import { randomUUID } from 'node:crypto'
import { type Database, openDatabase } from '@ctrip/db/database/database'
import { transaction } from '@ctrip/db/database/transaction'
import { appendEvents } from '@ctrip/db/events/events'
import { acquireLease, type Lease } from '@ctrip/db/leases/leases'
import { insertPayment, takeAddressIndexes } from '@ctrip/db/payments/new-payments'
import { type PaymentSubject, readPayments } from '@ctrip/db/payments/payments'
import { adoptWallet } from '@ctrip/db/payments/wallets'
import { migrate } from '@ctrip/db/schema/migrate'
import { type Address, parseAddress } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import { idToUuid, type MerchantId, newId, type PaymentId } from '@ctrip/domain/ids'
import { INITIAL_STATE } from '@ctrip/domain/payment/initial-state'
import type { Payment } from '@ctrip/domain/payment/payment'
import { renderPayment } from '@ctrip/domain/payment/view'
import { createTestDatabase } from '@ctrip/local-stack/test-database'
import { Wallet } from 'ethers'
import { postgresUrl } from './servers'

const WALLET = 'test-wallet'
/** No test depends on the machine's pace: a lease ends when a test ends it. */
const LEASE_OF_TEST_MS = 600_000
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

type TransferRow = Awaited<ReturnType<Database['prisma']['transfers']['findMany']>>[number]

/** A migrated database with one merchant: what the API would have written. */
export interface Ledger {
  readonly db: Database
  readonly url: string
  newPayment(terms: Partial<Payment>): Promise<Payment>
  read(id: PaymentId): Promise<PaymentSubject>
  eventTypes(id: PaymentId): Promise<string[]>
  /** Everything recorded of its transfers, oldest first. */
  transferRows(id: PaymentId): Promise<TransferRow[]>
  lease(name: string, owner?: string): Promise<Lease>
  close(): Promise<void>
}

export async function openLedger(): Promise<Ledger> {
  const { url, drop } = await createTestDatabase(await postgresUrl())
  await migrate(url)
  const db = openDatabase({ url, applicationName: 'test', poolSize: 8, slowQueryMs: 10_000 })
  await adoptWallet(db, WALLET)
  const merchantId = newId('merchant')
  await db.prisma.merchants.create({ data: { id: idToUuid(merchantId), name: 'Test' } })
  return {
    db,
    url,
    newPayment: (terms) => newPayment(db, merchantId, terms),
    async read(id) {
      const [subject] = await readPayments(db.prisma, [id])
      if (subject === undefined) throw new Error(`no payment ${id}`)
      return subject
    },
    async eventTypes(id) {
      const rows = await db.prisma.events.findMany({
        where: { payment_id: idToUuid(id) },
        orderBy: { sequence: 'asc' },
      })
      return rows.map(({ type }) => type)
    },
    transferRows: (id) =>
      db.prisma.transfers.findMany({ where: { payment_id: idToUuid(id) }, orderBy: { created_at: 'asc' } }),
    async lease(name, owner = 'test') {
      const lease = await acquireLease(db, name, owner, LEASE_OF_TEST_MS)
      if (lease === null) throw new Error(`the lease ${name} is held`)
      return lease
    },
    async close() {
      await db.close()
      await drop()
    },
  }
}

/** As if our sweeper had committed to this transaction before it broadcast it. */
export async function recordSweepAttempt({ db }: Ledger, hash: string, chainId = 31337): Promise<void> {
  const id = randomUUID()
  const sender = `\\x${'11'.repeat(20)}`
  await db.prisma.$executeRaw`
    INSERT INTO sweep_transactions (id, chain_id, sender, nonce, purpose, status)
    VALUES (${id}::uuid, ${chainId}, ${sender}::bytea, (SELECT count(*) FROM sweep_transactions), 'top_up', 'broadcast')`
  await db.prisma.$executeRaw`
    INSERT INTO sweep_attempts (chain_id, hash, transaction_id, raw, max_fee_per_gas, max_priority_fee_per_gas)
    VALUES (${chainId}, ${`\\x${hash.slice(2)}`}::bytea, ${id}::uuid, ''::bytea, 1, 1)`
}

async function newPayment(db: Database, merchantId: MerchantId, terms: Partial<Payment>): Promise<Payment> {
  const [index = 0] = await takeAddressIndexes(db, 1)
  const payment: Payment = {
    ...DEFAULTS,
    id: newId('payment'),
    merchantId,
    address: toAddress(Wallet.createRandom().address),
    ...terms,
  }
  await transaction(db, 'test.new_payment', async (tx) => {
    await insertPayment(tx, payment, { wallet: WALLET, index }, 'test')
    const data = { payment: renderPayment(payment, [], null) }
    const draft = {
      type: 'payment.created' as const,
      merchantId,
      subject: payment.id,
      sequence: 1,
      traceAnchor: TRACE,
      data,
    }
    await appendEvents(tx, [{ draft, traceparent: TRACE }])
  })
  return payment
}

export function toAddress(text: string): Address {
  const address = parseAddress(text)
  if (address === null) throw new Error(`${text} is no address`)
  return address
}

const DEFAULTS: Omit<Payment, 'id' | 'merchantId' | 'address'> = {
  chain: 'anvil',
  chainId: 31337,
  asset: { symbol: 'ETH', contract: null, decimals: 18 },
  amount: amount(10n ** 18n),
  toleranceBps: 0,
  latePolicy: 'accept',
  confirmationsRequired: 3,
  reference: null,
  metadata: {},
  checkoutUrl: 'https://pay.example/checkout/x',
  successUrl: null,
  cancelUrl: null,
  quote: null,
  checkoutSession: null,
  traceAnchor: TRACE,
  createdAt: new Date(),
  expiresAt: new Date(Date.now() + 3_600_000),
  ...INITIAL_STATE,
}
