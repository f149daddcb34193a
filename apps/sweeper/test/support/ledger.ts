import { depositAddress, walletFingerprint } from '@ctrip/chain/addresses'
import { type DepositWallet, openDepositWallet } from '@ctrip/chain/signer/deposit-wallet'
import { type Database, openDatabase } from '@ctrip/db/database/database'
import { transaction } from '@ctrip/db/database/transaction'
import { gasWalletLease } from '@ctrip/db/leases/lease-names'
import { acquireLease, type Lease } from '@ctrip/db/leases/leases'
import { insertPayment, takeAddressIndexes } from '@ctrip/db/payments/new-payments'
import { type PaymentSubject, readPayments } from '@ctrip/db/payments/payments'
import { adoptWallet } from '@ctrip/db/payments/wallets'
import { migrate } from '@ctrip/db/schema/migrate'
import { amount } from '@ctrip/domain/amount'
import { idToUuid, type MerchantId, newId, type PaymentId } from '@ctrip/domain/ids'
import { INITIAL_STATE } from '@ctrip/domain/payment/initial-state'
import type { Payment } from '@ctrip/domain/payment/payment'
import { newMnemonic } from '@ctrip/local-stack/anvil'
import { createTestDatabase } from '@ctrip/local-stack/test-database'
import { Mnemonic } from 'ethers'
import { postgresUrl } from './servers'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

/** A migrated database with one merchant and a wallet: what the API would have written. */
export interface Ledger {
  readonly db: Database
  readonly url: string
  readonly mnemonic: string
  readonly deposits: DepositWallet
  readonly walletFingerprint: string
  readonly merchantId: MerchantId
  newPayment(terms: Partial<Payment>): Promise<Payment>
  read(id: PaymentId): Promise<PaymentSubject>
  statuses(ids: readonly PaymentId[]): Promise<string[]>
  eventTypes(): Promise<string[]>
  lease(owner?: string, chainId?: number): Promise<Lease>
  close(): Promise<void>
}

/** `entropy`: 16 bytes of hex or more, of which the wallet's mnemonic is made; by default a new one. */
export async function openLedger(entropy?: string): Promise<Ledger> {
  const { url, drop } = await createTestDatabase(await postgresUrl())
  await migrate(url)
  const db = openDatabase({ url, applicationName: 'test', poolSize: 8, slowQueryMs: 10_000 })
  const mnemonic = entropy === undefined ? newMnemonic() : Mnemonic.fromEntropy(`0x${entropy.slice(0, 32)}`).phrase
  const deposits = openDepositWallet(mnemonic)
  if (deposits === null) throw new Error('a new mnemonic opens')
  const wallet = walletFingerprint(deposits.xpub)
  await adoptWallet(db, wallet)
  const merchantId = newId('merchant')
  await db.prisma.merchants.create({ data: { id: idToUuid(merchantId), name: 'Test' } })
  const read = async (id: PaymentId): Promise<PaymentSubject> => {
    const [subject] = await readPayments(db.prisma, [id])
    if (subject === undefined) throw new Error(`no payment ${id}`)
    return subject
  }
  return {
    db,
    url,
    mnemonic,
    deposits,
    walletFingerprint: wallet,
    merchantId,
    read,
    async newPayment(terms) {
      const [index = 0] = await takeAddressIndexes(db, 1)
      const address = depositAddress(deposits.xpub, index)
      const payment: Payment = { ...DEFAULTS, id: newId('payment'), merchantId, address, ...terms }
      await transaction(db, 'test.new_payment', (tx) => insertPayment(tx, payment, { wallet, index }, 'test'))
      return payment
    },
    statuses: async (ids) => (await Promise.all(ids.map(read))).map(({ payment }) => payment.status),
    async eventTypes() {
      return (await db.prisma.events.findMany({ orderBy: { created_at: 'asc' } })).map(({ type }) => type)
    },
    async lease(owner = 'test', chainId = 31337) {
      const lease = await acquireLease(db, gasWalletLease(chainId), owner)
      if (lease === null) throw new Error('the lease is held')
      return lease
    },
    async close() {
      await db.close()
      await drop()
    },
  }
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
