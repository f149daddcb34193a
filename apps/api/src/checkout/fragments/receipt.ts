import { toChecksum } from '@ctrip/domain/address'
import { formatUnits } from '@ctrip/domain/amount'
import { confirmationsAt } from '@ctrip/domain/confirmations'
import type { Transfer } from '@ctrip/domain/payment/payment'
import { mismatch } from '@ctrip/domain/payment/received'
import { STAGES } from '../checkout-state'
import type { CheckoutView } from '../checkout-view'
import { type Html, html } from '../html'
import { localTime } from '../times'
import { ICONS } from './icons'

type Row = [term: string, value: string | Html]

/** The figures, and every transaction that came, counted or not. */
export function receiptFragment(view: CheckoutView): Html {
  const { payment, locale, words, transfers } = view
  const rows: Row[] = [
    [locale.text('receipt_asked'), `${words.amount} ${words.symbol}`],
    [locale.text('receipt_received'), `${words.received} ${words.symbol}`],
    [locale.text('receipt_network'), words.chain],
    ...contractRow(view),
    // Once it is paid or closed the moment means nothing any more.
    ...(isOpen(view) ? [[locale.text('receipt_expires'), localTime(payment.expiresAt, locale)] as Row] : []),
    [locale.text('receipt_payment'), payment.id],
  ]
  return html`<h2>${locale.text('receipt_heading')}</h2>
<dl>${rows.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>${
    transfers.length === 0 ? null : transactions(view)
  }`
}

/** People compare it with the token in their wallet: anyone can name a token USDC. */
function contractRow({ payment, locale }: CheckoutView): Row[] {
  const { contract } = payment.asset
  return contract === null ? [] : [[locale.text('receipt_contract'), html`<code>${toChecksum(contract)}</code>`]]
}

function isOpen({ state }: CheckoutView): boolean {
  return STAGES[state.stage].payable || state.stage === 'checking'
}

function transactions(view: CheckoutView): Html {
  return html`<h3>${view.locale.text('transfers_heading')}</h3><ul class="transfers">${view.transfers.map(
    (transfer) =>
      html`<li><span class="figure">${view.locale.figure(formatUnits(transfer.amount, transfer.asset.decimals))} ${
        transfer.asset.symbol
      }</span> <span class="state">${stateOf(view, transfer)}</span> ${hash(view, transfer)}</li>`,
  )}</ul>`
}

function stateOf({ payment, headNumber, locale, chainNames }: CheckoutView, transfer: Transfer): string {
  if (transfer.status === 'orphaned') return locale.text('transfer_orphaned')
  const wrong = mismatch(payment, transfer)
  if (wrong !== null)
    return locale.text(`transfer_${wrong}`, { chain: chainNames.get(transfer.chainId) ?? transfer.chain })
  if (transfer.status !== 'included') return locale.text('transfer_confirmed')
  return locale.text('transfer_included', { done: confirmationsAt(headNumber, transfer.blockNumber) })
}

/** A link where the chain has an explorer; the whole hash is in it, or in the title. */
function hash({ payment, chain }: CheckoutView, { txHash, chainId }: Transfer): Html {
  const short = `${txHash.slice(0, 10)}…${txHash.slice(-6)}`
  const explorer = chainId === payment.chainId ? (chain?.explorerUrl ?? null) : null
  if (explorer === null) return html`<code title="${txHash}">${short}</code>`
  return html`<a href="${explorer.replace(/\/+$/, '')}/tx/${txHash}" target="_blank" rel="noopener noreferrer"><code>${short}</code>${ICONS.external}</a>`
}
