import { pricedAsset } from '@ctrip/chain/rate-book'
import { AMOUNT_MAX, type Amount } from '@ctrip/domain/amount'
import type { Asset, PaymentQuote } from '@ctrip/domain/payment/payment'
import { quoteAmount, type Rate } from '@ctrip/domain/rates'
import { currencyDigits } from '@ctrip/domain/rates/currencies'
import { describeRefusal } from '@ctrip/domain/rates/judge-round'
import { type AssetRate, currenciesOf, type PricedAsset, type RateBook } from '@ctrip/domain/rates/rate-book'
import { conflict, invalid, Problem } from './http/problem'
import type { PriceInput } from './schemas/price-input'

/** The amount of a new payment, with the price that it was worked out from; null where the merchant gave the amount. */
export interface AmountAsked {
  readonly amount: Amount
  readonly rate: Omit<PaymentQuote, 'quotedAt' | 'expiresAt'> | null
}

export interface RateDesk {
  /** The amount of an asset that a price comes to now; a Problem where there is no usable rate. */
  quote(asked: { readonly chainId: number; readonly asset: Asset }, price: PriceInput): Promise<AmountAsked | Problem>
}

export function rateDesk(
  book: RateBook,
  readRate: (book: RateBook, asset: PricedAsset, currency: string) => Promise<AssetRate>,
): RateDesk {
  const currencies = currenciesOf(book)
  return {
    async quote({ chainId, asset }, price) {
      const priced = pricedAsset(book, chainId, asset.contract)
      if (priced === null) return invalid('asset', 'asset_not_priced', `${asset.symbol} has no price on this chain.`)
      if (!currencies.includes(price.currency)) {
        const detail = `Prices are in ${currencies.join(', ')}.`
        return invalid('price.currency', 'unknown_currency', detail)
      }
      const { rate, reason, source } = await readRate(book, priced, price.currency)
      if (rate === null) {
        const why = reason === null ? '' : `: ${describeRefusal(reason)}`
        return conflict(
          'rate_unavailable',
          `There is no usable rate of ${asset.symbol} in ${price.currency} now${why}.`,
        )
      }
      const amount = amountAt(rate, price, asset)
      if (amount instanceof Problem) return amount
      return { amount, rate: { currency: price.currency, amount: price.amount, rate, source } }
    },
  }
}

function amountAt(rate: Rate, price: PriceInput, { decimals }: Asset): Amount | Problem {
  const terms = { rate, assetDecimals: decimals, currencyDigits: currencyDigits(price.currency) }
  try {
    return quoteAmount({ ...terms, price: price.amount })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return invalid('price.amount', 'price_too_high', `The price comes to more than ${AMOUNT_MAX} base units.`)
  }
}
