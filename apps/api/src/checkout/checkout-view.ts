import type { ChainConfig } from '@ctrip/chain/chain-config'
import type { PaymentSubject } from '@ctrip/db/payments/payments'
import { toChecksum } from '@ctrip/domain/address'
import { type Amount, amount, formatUnits } from '@ctrip/domain/amount'
import { confirmationsAt } from '@ctrip/domain/confirmations'
import type { Payment, Transfer } from '@ctrip/domain/payment/payment'
import { counts } from '@ctrip/domain/payment/received'
import { amountRemaining } from '@ctrip/domain/payment/view'
import { type CheckoutState, checkoutState, STAGES } from './checkout-state'
import type { Locale, MessageKey } from './locales'

/** All that the page is made of. Nothing of it is the merchant's own business: no metadata, reference or trace. */
export interface CheckoutView {
  readonly payment: Payment
  /** Without our own gas top-ups. */
  readonly transfers: readonly Transfer[]
  readonly state: CheckoutState
  readonly merchant: string
  /** Null once the chain has been taken out of the configuration. */
  readonly chain: ChainConfig | null
  /** The names that payers read, of every configured chain. */
  readonly chainNames: ReadonlyMap<number, string>
  readonly headNumber: number
  readonly locale: Locale
  readonly now: Date
  readonly address: string
  readonly remaining: Amount
  /** What texts speak of. */
  readonly words: Readonly<Record<Word, string>>
}

type Word =
  | 'amount'
  | 'received'
  | 'remaining'
  | 'excess'
  | 'symbol'
  | 'chain'
  | 'merchant'
  | 'address'
  | 'done'
  | 'required'

export interface ViewOptions {
  readonly merchant: string
  readonly chains: readonly ChainConfig[]
  readonly locale: Locale
  readonly now: Date
}

export function checkoutView(subject: PaymentSubject, { merchant, chains, locale, now }: ViewOptions): CheckoutView {
  const { payment, chain } = subject
  const transfers = subject.transfers.filter(({ kind }) => kind !== 'funding')
  const configured = chains.find(({ chainId }) => chainId === payment.chainId) ?? null
  return {
    payment,
    transfers,
    state: checkoutState(payment, transfers, now),
    merchant,
    chain: configured,
    chainNames: new Map(chains.map(({ chainId, displayName }) => [chainId, displayName])),
    headNumber: chain.headNumber,
    locale,
    now,
    address: toChecksum(payment.address),
    remaining: amountRemaining(payment),
    words: { ...amounts(payment, locale), ...confirmations(subject), ...names(payment, configured, merchant) },
  }
}

/** Changes whenever anything does that the page shows, in whatever language: cheaper to compare than pages. */
export function viewKey({ payment, transfers, state, headNumber }: CheckoutView): string {
  const shown = transfers.map(({ id, status }) => [id, status, status === 'included' ? headNumber : null])
  return JSON.stringify([state, payment.sequence, payment.expiresAt, shown])
}

/** The page on which a session's payer continues after this payment ends. */
const STAGES_THAT_GO_ON = ['checking', 'expired', 'expired_partly'] as const

/** The stage in words: its headline, or the explanation below it. */
export function stageText({ state, payment }: CheckoutView, part: 'title' | 'text'): MessageKey {
  const goesOn = payment.checkoutSession === null ? undefined : STAGES_THAT_GO_ON.find((one) => one === state.stage)
  if (goesOn !== undefined) return `${goesOn}_session_${part}`
  const isByTag = state.stage === 'detected' && payment.confirmationsRequired === null
  return part === 'text' && isByTag ? 'detected_text_tag' : `${state.stage}_${part}`
}

export function isPayable({ state, remaining }: CheckoutView): boolean {
  return STAGES[state.stage].payable && remaining > 0n
}

function amounts(payment: Payment, locale: Locale) {
  const units = (value: Amount): string => locale.figure(formatUnits(value, payment.asset.decimals))
  const excess = payment.amountReceived - payment.amount
  return {
    amount: units(payment.amount),
    received: units(payment.amountReceived),
    remaining: units(amountRemaining(payment)),
    excess: units(amount(excess > 0n ? excess : 0n)),
  }
}

function names(payment: Payment, chain: ChainConfig | null, merchant: string) {
  const name = chain?.displayName ?? payment.chain
  return { symbol: payment.asset.symbol, chain: name, merchant, address: toChecksum(payment.address) }
}

/** Of the youngest transfer that counts, never more than are asked for. */
function confirmations({ payment, transfers, chain }: PaymentSubject) {
  const blocks = transfers.filter((transfer) => counts(payment, transfer)).map(({ blockNumber }) => blockNumber)
  const fewest = blocks.length === 0 ? 0 : confirmationsAt(chain.headNumber, Math.max(...blocks))
  const required = payment.confirmationsRequired ?? 0
  return { done: String(Math.min(fewest, required)), required: String(required) }
}
