import { depositAddress, walletFingerprint } from '@ctrip/chain/addresses'
import { rateBookOf } from '@ctrip/chain/rate-book'
import { readAssetChecks } from '@ctrip/db/chains/asset-checks'
import type { Database } from '@ctrip/db/database/database'
import { openSecretBox } from '@ctrip/db/database/secret-box'
import { findKeyHolder } from '@ctrip/db/merchants/api-keys'
import { findOperator } from '@ctrip/db/merchants/operators'
import { readQuotaUsage } from '@ctrip/db/merchants/quota-usage'
import { createPayments } from '@ctrip/db/payments/create-payments'
import { takeAddressIndexes } from '@ctrip/db/payments/new-payments'
import { currentRate } from '@ctrip/db/rates/rates'
import type { ApiKeyId } from '@ctrip/domain/ids'
import type { Logger } from '@ctrip/telemetry/logger'
import type { AppDeps } from './app'
import { assetGate } from './asset-gate'
import { checkout } from './checkout/checkout'
import type { ApiConfig } from './config'
import { depositWallet } from './deposit-wallet'
import { idleAudit } from './http/audit'
import { authenticator } from './http/authenticate'
import { rateLimit } from './http/rate-limit'
import { paymentWriter } from './payment-writer'
import { quotaGate } from './quota-gate'
import { rateDesk } from './rate-desk'
import { webhookUrlPolicy } from './webhook-url'

export interface Surroundings {
  readonly log: Logger
  readonly db: Database
  readonly wakeRelay: () => void
  readonly noteKeyUse: (keyId: ApiKeyId) => void
}

/** What the API is made of, as it is configured. */
export function appDeps(config: ApiConfig, { log, db, wakeRelay, noteKeyUse }: Surroundings): AppDeps {
  const { DEPOSIT_XPUB: xpub, PUBLIC_URL: publicUrl, CHAINS_FILE: chains } = config
  const limits = { openPayments: config.MAX_OPEN_PAYMENTS, paymentsPerDay: config.MAX_PAYMENTS_PER_DAY }
  const docsUrl = `${publicUrl}/docs`
  const wallet = depositWallet({
    fingerprint: walletFingerprint(xpub),
    takeIndexes: (count) => takeAddressIndexes(db, count),
    derive: (index) => depositAddress(xpub, index),
  })
  const gate = assetGate((chainId) => db.query('asset_check.list', (prisma) => readAssetChecks(prisma, chainId)))
  const quotas = quotaGate({
    limits,
    readUsage: (merchantId, dayStart) => readQuotaUsage(db, merchantId, { dayStart, limits }),
    log,
  })
  const common = {
    log,
    db,
    wakeRelay,
    publicUrl,
    docsUrl,
    chains,
    rateBook: rateBookOf(chains),
    wallet,
    assetGate: gate,
    quotaGate: quotas,
  }
  return {
    ...common,
    trustProxy: config.TRUST_PROXY,
    checkout: checkout({ ...common, rateLimit: rateLimit(config.RATE_LIMIT_PER_MINUTE) }),
    secretBox: openSecretBox(config.SECRETS_KEY),
    urlPolicy: webhookUrlPolicy(config.WEBHOOK_ALLOWED_CIDRS),
    // Apart from the payers': addresses are many, and must not crowd out keys.
    rateLimit: rateLimit(config.RATE_LIMIT_PER_MINUTE),
    auditIdle: idleAudit(db),
    noteKeyUse,
    authenticate: authenticator({
      adminApiKey: config.ADMIN_API_KEY,
      findHolder: (hash) => findKeyHolder(db, hash),
      findOperator: (hash) => findOperator(db, hash),
    }),
    rateDesk: rateDesk(rateBookOf(chains), (book, asset, currency) =>
      db.query('rates.current_one', (prisma) => currentRate(prisma, book, asset, currency)),
    ),
    paymentWriter: paymentWriter((payments) =>
      db.query('payment.create', (prisma) => createPayments(prisma, payments)),
    ),
  }
}
