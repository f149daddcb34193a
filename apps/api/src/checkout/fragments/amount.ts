import { formatUnits } from '@ctrip/domain/amount'
import { type CheckoutView, isPayable } from '../checkout-view'
import { fiatText } from '../fiat'
import { type Html, html } from '../html'
import { copyButton } from './copy-button'

/** Digits beyond which the figure is set smaller. */
const LONG = 14

/** What is to be paid, or was: the largest thing on the page. */
export function amountFragment(view: CheckoutView): Html {
  const { locale, words, payment } = view
  const payable = isPayable(view)
  const rest = payable && payment.amountReceived > 0n
  const label = rest ? 'amount_remaining' : payable ? 'amount_due' : 'amount_paid'
  const shown = rest ? words.remaining : words.amount
  // Wallets read a point, whatever the language of the page.
  const copied = formatUnits(rest ? view.remaining : payment.amount, payment.asset.decimals)
  return html`<p class="amount-label">${locale.text(label)}</p>
<p class="amount${shown.length > LONG ? ' long' : ''}"><span id="amount" class="figure">${shown}</span> <span class="symbol">${words.symbol}</span>${
    payable ? copyButton(copied, locale.text('copy_amount'), locale) : null
  }</p>
${price(view)}<p class="amount-more">${rest ? html`${locale.text('of_total', words)} ` : null}${locale.text('on_chain')} <span class="chain">${words.chain}</span></p>`
}

/** The price that the amount was worked out from. It is of the whole payment, also after a part has come. */
function price({ payment: { quote }, locale }: CheckoutView): Html | null {
  if (quote === null) return null
  const shown = fiatText(quote.amount, quote.currency, locale)
  return html`<p class="amount-more">${locale.text('amount_price')} <span class="price">${shown}</span></p>
`
}
