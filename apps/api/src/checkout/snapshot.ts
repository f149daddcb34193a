import { createHash } from 'node:crypto'
import { STAGES } from './checkout-state'
import { type CheckoutView, isPayable, stageText, viewKey } from './checkout-view'
import { amountFragment } from './fragments/amount'
import { payFragment } from './fragments/pay'
import { receiptFragment } from './fragments/receipt'
import { statusFragment } from './fragments/status'
import { stepsFragment } from './fragments/steps'
import type { Html } from './html'

const FRAGMENTS = {
  amount: amountFragment,
  status: statusFragment,
  steps: stepsFragment,
  pay: payFragment,
  receipt: receiptFragment,
} as const

export type FragmentName = keyof typeof FRAGMENTS

interface Fragment {
  /** The browser leaves alone what it has already: a chosen tab stays chosen, and nothing is read out twice. */
  readonly version: string
  readonly content: Html
}

/** The parts of the page that change, as they are now. */
export interface Snapshot {
  readonly version: string
  readonly stage: string
  readonly final: boolean
  readonly payable: boolean
  /** Of the browser's tab: where the payment stands, and how much it is. */
  readonly title: string
  readonly fragments: Readonly<Record<FragmentName, Fragment>>
}

export function snapshot(view: CheckoutView): Snapshot {
  const names = Object.keys(FRAGMENTS) as FragmentName[]
  const fragments = names.map((name) => [name, toFragment(FRAGMENTS[name](view))] as const)
  return {
    version: versionOf(view),
    stage: view.state.stage,
    final: STAGES[view.state.stage].final,
    payable: isPayable(view),
    title: titleOf(view),
    fragments: Object.fromEntries(fragments) as Record<FragmentName, Fragment>,
  }
}

function titleOf(view: CheckoutView): string {
  const { locale, words } = view
  return `${locale.text(stageText(view, 'title'), words)} · ${words.amount} ${words.symbol}`
}

/** What `Last-Event-ID` is compared with: the language is not part of it, since a stream never changes its own. */
export function versionOf(view: CheckoutView): string {
  return `${view.payment.sequence}-${digest(viewKey(view))}`
}

/** For the browser, over the stream or when it asks; `now` keeps its countdown right. */
export function snapshotJson({ fragments, ...rest }: Snapshot, now: Date): string {
  const entries = Object.entries(fragments).map(([name, { version, content }]) => [
    name,
    { version, html: content.text },
  ])
  return JSON.stringify({ ...rest, now: now.toISOString(), fragments: Object.fromEntries(entries) as unknown })
}

function toFragment(content: Html): Fragment {
  return { version: digest(content.text), content }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 12)
}
