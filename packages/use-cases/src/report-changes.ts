import type { EventType } from '@ctrip/domain/events'
import type { Payment, PaymentStatus, Transfer } from '@ctrip/domain/payment/payment'
import type { Logger } from '@ctrip/telemetry/logger'
import { counter, histogram } from '@ctrip/telemetry/metrics'
import { recordSpan, traceFields } from '@ctrip/telemetry/spans'
import type { ChangeResult } from './change-payments'
import { reportSessions } from './report-sessions'

const transitions = counter({
  name: 'payment_transitions_total',
  help: 'Changes of status of payments.',
  labels: ['from', 'to', 'chain', 'asset'],
})

const stageDuration = histogram({
  name: 'payment_stage_duration_seconds',
  help: 'Time a payment spent: created to detected (detection), to confirmed (confirmation), to settled (settlement).',
  labels: ['stage', 'chain'],
  buckets: [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 86400],
})

const mismatches = counter({
  name: 'payment_mismatches_total',
  help: 'Payments that were paid otherwise than asked for.',
  labels: ['kind', 'chain'],
})

const TX_HASHES_MAX = 20
const TERMINAL: ReadonlySet<PaymentStatus> = new Set(['settled', 'expired', 'canceled'])

/** Tells of changes once they are committed: a line of log for each event, metrics, and the payment's lifecycle as a span. */
export function reportChanges(log: Logger, results: readonly ChangeResult[]): void {
  reportSessions(
    log,
    results.flatMap(({ session }) => session ?? []),
  )
  for (const { subject, outcome } of results) {
    if (outcome.kind !== 'changed') continue
    const { payment } = outcome
    for (const event of outcome.events) {
      log.info(
        {
          payment_id: payment.id,
          chain: payment.chain,
          ...traceFields(payment.traceAnchor),
          ...moneyFields(payment, transfersOf(subject, event.type)),
          sequence: event.sequence,
        },
        event.type,
      )
    }
    for (const { from, to } of outcome.steps) {
      transitions.inc({ from, to, chain: payment.chain, asset: payment.asset.symbol })
      const isStepBack = from === 'confirmed' && to === 'detected'
      if (!isStepBack) observeStage(payment, to)
      if (TERMINAL.has(to)) recordStage(payment, 'payment lifecycle', payment.createdAt, new Date(), to)
    }
    for (const flag of payment.flags) {
      if (!subject.payment.flags.includes(flag)) mismatches.inc({ kind: flag, chain: payment.chain })
    }
  }
}

/** The amounts, transactions and newest block, so that a search for any of them finds the payment. */
function moneyFields({ asset, amount, amountReceived }: Payment, transfers: readonly Transfer[]): object {
  const money = { asset: asset.symbol, amount, amount_received: amountReceived }
  const oldestFirst = transfers.toSorted((one, other) => one.blockNumber - other.blockNumber)
  const newest = oldestFirst.at(-1)
  if (newest === undefined) return money
  const hashes = [...new Set(oldestFirst.map(({ txHash }) => txHash))]
  return { ...money, tx_hashes: hashes.slice(-TX_HASHES_MAX), block: newest.blockNumber, block_hash: newest.blockHash }
}

/** A reorg is about transfers that left the chain; everything else about those on it. */
function transfersOf({ transfers }: ChangeResult['subject'], event: EventType): readonly Transfer[] {
  return event.endsWith('.reorged') ? transfers : transfers.filter(({ status }) => status !== 'orphaned')
}

function observeStage(payment: Payment, to: PaymentStatus): void {
  const { chain, createdAt, detectedAt, confirmedAt, settledAt } = payment
  const observe = (stage: string, from: Date | null, until: Date | null): void => {
    if (from === null || until === null) return
    stageDuration.observe({ stage, chain }, Math.max(0, until.getTime() - from.getTime()) / 1000, payment.traceAnchor)
    recordStage(payment, `payment ${stage}`, from, until, to)
  }
  if (to === 'detected') observe('detection', createdAt, detectedAt)
  if (to === 'confirmed') observe('confirmation', detectedAt, confirmedAt)
  if (to === 'settled') observe('settlement', confirmedAt, settledAt)
}

/** A span with the stage's true duration, so that a trace shows what the payment waited for. */
function recordStage(payment: Payment, name: string, start: Date, end: Date, status: PaymentStatus): void {
  const attributes = { 'ctrip.payment.id': payment.id, 'ctrip.chain': payment.chain, 'ctrip.payment.status': status }
  recordSpan(name, { anchor: payment.traceAnchor, start, end, attributes })
}
