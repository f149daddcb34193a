import { paymentUri } from '@ctrip/domain/payment/asset'
import { type CheckoutView, isPayable } from '../checkout-view'
import { type Html, html } from '../html'
import { qrCode } from '../qr-code'
import { shortTime } from '../times'
import { walletTransaction } from '../wallet-transaction'
import { copyButton } from './copy-button'

/** Where and how to pay; empty as soon as no money should come any more. */
export function payFragment(view: CheckoutView): Html {
  if (!isPayable(view)) return html``
  return html`${timer(view)}
<a class="button open-wallet" href="${paymentUri(view.payment, view.remaining)}">${view.locale.text('open_wallet')}</a>
${qrTabs(view)}
${address(view)}
<p class="only">${view.locale.text('only_this_asset', view.words)}</p>
${transaction(view)}`
}

function timer({ payment, locale }: CheckoutView): Html {
  const label = payment.checkoutSession === null ? 'time_left' : 'quote_left'
  const { expiresAt, createdAt } = payment
  const lastsSeconds = Math.round((expiresAt.getTime() - createdAt.getTime()) / 1000)
  return html`<div class="timer"><p class="no-js-only">${locale.text('pay_before', { time: shortTime(expiresAt, locale) })}</p>
<p class="js-only">${locale.text(label)} <time id="countdown" role="timer" datetime="${expiresAt.toISOString()}"></time></p>
<progress id="time-left" class="js-only" max="${lastsSeconds}" value="${lastsSeconds}" aria-hidden="true"></progress></div>`
}

/**
 * Tabs made of radio buttons, which need no script; on a phone, which cannot read its own screen, a checkbox shows them. Both codes are there because several wallets misread a token's link and
 * would send to the token's contract.
 */
function qrTabs({ payment, remaining, locale, words }: CheckoutView): Html {
  const uri = paymentUri(payment, remaining)
  return html`<input type="checkbox" id="qr-show"><label for="qr-show" class="button">${locale.text('qr_show')}</label>
<fieldset class="tabs"><legend class="visually-hidden">${locale.text('qr_legend')}</legend>
<input type="radio" name="qr" id="qr-wallet" checked><label for="qr-wallet">${locale.text('qr_wallet')}</label>
<input type="radio" name="qr" id="qr-address"><label for="qr-address">${locale.text('qr_address')}</label>
<div class="panel" id="panel-wallet">${qrCode(uri, locale.text('qr_wallet_alt', { ...words, amount: words.remaining }))}
<p>${locale.text('qr_wallet_hint')}</p></div>
<div class="panel" id="panel-address">${qrCode(words.address, locale.text('qr_address_alt', words))}
<p>${locale.text('qr_address_hint')}</p></div></fieldset>`
}

function address({ address, locale }: CheckoutView): Html {
  // Its ends stand out: they are what people compare with their wallet.
  return html`<div class="address-box"><div><p class="address-label" id="address-label">${locale.text('address_label')}</p>
<p class="address" id="address"><b>${address.slice(0, 8)}</b>${address.slice(8, -6)}<b>${address.slice(-6)}</b></p></div>${copyButton(
    address,
    locale.text('copy_address'),
    locale,
  )}</div>`
}

/** For wallets in the browser, which our script asks. */
function transaction(view: CheckoutView): Html {
  const { chainId, to, value, data, addChain } = walletTransaction(view)
  return html`<div id="transaction" hidden data-chain-id="${chainId}" data-to="${to}" data-value="${value}" data-data="${data}" data-add-chain="${addChain === null ? '' : JSON.stringify(addChain)}"></div>`
}
