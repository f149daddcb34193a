import type { Payment, Timeline } from '../api-schemas'
import { formatDuration } from './duration'
import { renderTable } from './table'

const KIND_MARKS: Readonly<Record<string, string>> = { transition: '●', transfer: '↓', sweep: '⇒', webhook: '✉' }

/** A payment's life, one line a happening, for a terminal. */
export function renderTimeline(payment: Payment, timeline: Timeline): string {
  const { id, amount_display, asset, chain, status } = payment
  const heading = `${id}  ${amount_display} ${asset.symbol} on ${chain}  ${status}`
  const rows = timeline.entries.map((entry) => [
    ` ${KIND_MARKS[entry.kind] ?? '·'} ${clock(entry.at)}`,
    entry.delay_ms === null ? '' : `+${formatDuration(entry.delay_ms)}`,
    entry.block_number === null ? '' : `block ${entry.block_number}`,
    entry.actor ?? '',
    entry.summary,
  ])
  const waiting = timeline.waiting_for === null ? [] : [` … waiting for ${timeline.waiting_for}`]
  return [heading, renderTable(rows), ...waiting].join('\n')
}

/** The time of day in UTC: a payment rarely lives long enough to need its date. */
function clock(at: string): string {
  return new Date(at).toISOString().slice(11, 23)
}
