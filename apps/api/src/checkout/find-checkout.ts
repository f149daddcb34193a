import type { ChainConfig } from '@ctrip/chain/chain-config'
import type { Database } from '@ctrip/db/database/database'
import { findMerchant } from '@ctrip/db/merchants/merchants'
import { type PaymentSubject, readPayments } from '@ctrip/db/payments/payments'
import { parseId } from '@ctrip/domain/ids'
import type { Request } from 'express'
import { contextOf } from '../http/request-context'
import { type CheckoutView, checkoutView } from './checkout-view'
import { chooseLocale, type Locale } from './locales'

export interface FindDeps {
  readonly db: Database
  readonly chains: readonly ChainConfig[]
}

/** A payment, ready to be shown as it is now and, to the same payer, as it will be. */
export interface FoundCheckout {
  readonly subject: PaymentSubject
  view(subject: PaymentSubject): CheckoutView
}

export async function findCheckout({ db, chains }: FindDeps, request: Request): Promise<FoundCheckout | null> {
  const id = parseId('payment', String(request.params['id']))
  if (id === null) return null
  contextOf(request).fields['payment_id'] = id
  return db.query('checkout.find', async (executor) => {
    const [subject] = await readPayments(executor, [id])
    if (subject === undefined) return null
    const merchant = (await findMerchant(executor, subject.payment.merchantId))?.name ?? ''
    const locale = localeOf(request)
    return { subject, view: (latest) => checkoutView(latest, { merchant, chains, locale, now: new Date() }) }
  })
}

export function localeOf(request: Request): Locale {
  return chooseLocale(queryText(request, 'lang'), request.get('accept-language'))
}

/** A parameter that is given once. */
export function queryText(request: Request, name: string): string | undefined {
  const value = request.query[name]
  return typeof value === 'string' ? value : undefined
}
