import type { PaymentRequestRow } from '@ctrip/db/payments/payment-requests'
import type {
  ArrivalRow,
  PaymentSweepRow,
  TimelineRows,
  TransitionRow,
  WebhookAttemptRow,
} from '@ctrip/db/payments/payment-timeline'
import { formatUnits } from '@ctrip/domain/amount'
import type { Asset, PaymentWithTransfers } from '@ctrip/domain/payment/payment'
import { traceIdOf } from '@ctrip/domain/payment/view'

export const ENTRY_KINDS = ['transition', 'request', 'transfer', 'sweep', 'webhook'] as const

export interface TimelineEntry {
  readonly at: string
  readonly delay_ms: number | null
  readonly kind: (typeof ENTRY_KINDS)[number]
  readonly summary: string
  readonly actor: string
  readonly subject: string | null
  readonly block_number: number | null
  readonly tx_hash: string | null
  readonly trace_id: string
}

/** An entry before its neighbours are known. */
type Happening = Omit<TimelineEntry, 'delay_ms'>

/** Everything that happened to a payment, in the order of its time. */
export function timelineEntries(subject: PaymentWithTransfers, rows: TimelineRows): TimelineEntry[] {
  const trace = traceIdOf(subject.payment.traceAnchor)
  return withDelays([
    ...rows.arrivals.flatMap((row) => arrival(row, subject, trace)),
    ...rows.requests.map((row) => request(row, subject, trace)),
    ...rows.transitions.map(transition),
    ...rows.sweeps.flatMap(sweepSteps),
    ...rows.attempts.map((row) => webhookAttempt(row, trace)),
  ])
}

/** The entries in the order of their time, each with its delay since the one before. */
export function withDelays(entries: readonly Omit<TimelineEntry, 'delay_ms'>[]): TimelineEntry[] {
  const ordered = [...entries].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  return ordered.map((entry, n) => {
    const before = ordered[n - 1]
    return { ...entry, delay_ms: before === undefined ? null : Date.parse(entry.at) - Date.parse(before.at) }
  })
}

function transition(row: TransitionRow): Happening {
  return {
    at: row.at.toISOString(),
    kind: 'transition',
    summary: row.from === null ? `created as ${row.to}` : `${row.from} → ${row.to}`,
    actor: row.actor,
    subject: null,
    block_number: row.blockNumber,
    tx_hash: null,
    trace_id: row.traceId,
  }
}

/** A granted request of the merchant. */
function request(row: PaymentRequestRow, { payment }: PaymentWithTransfers, trace: string): Happening {
  return {
    at: row.at.toISOString(),
    kind: 'request',
    summary: requestSummary(row, payment.asset),
    actor: row.actor,
    subject: null,
    block_number: null,
    tx_hash: null,
    trace_id: trace,
  }
}

function requestSummary(row: PaymentRequestRow, { decimals, symbol }: Asset): string {
  switch (row.kind) {
    case 'cancel':
      return 'the merchant asked to cancel'
    case 'accept':
      return `the merchant accepted ${formatUnits(row.amount, decimals)} ${symbol}`
    case 'extend':
      return `the merchant moved the expiry to ${row.expiresAt.toISOString()}`
    case 'edit':
      return 'the merchant changed its notes'
  }
}

/** A transfer when it was first seen, as it stands now: its changes show in the payment's. */
function arrival({ at, transferId }: ArrivalRow, { transfers }: PaymentWithTransfers, trace: string): Happening[] {
  const transfer = transfers.find(({ id }) => id === transferId)
  if (transfer === undefined) return [] // arrived between the two reads: the next one shows both
  const { asset, amount, kind, status, chain } = transfer
  const what = kind === 'funding' ? 'our own gas top-up of' : 'received'
  return [
    {
      at: at.toISOString(),
      kind: 'transfer',
      summary: `${what} ${formatUnits(amount, asset.decimals)} ${asset.symbol} on ${chain} (${status})`,
      actor: 'scanner',
      subject: transferId,
      block_number: transfer.blockNumber,
      tx_hash: transfer.txHash,
      trace_id: trace,
    },
  ]
}

function sweepSteps(row: PaymentSweepRow): Happening[] {
  const step = (at: Date | null, summary: string): Happening[] =>
    at === null
      ? []
      : [
          {
            at: at.toISOString(),
            kind: 'sweep',
            summary,
            actor: 'sweeper',
            subject: row.id,
            block_number: row.blockNumber,
            tx_hash: row.transactionHash,
            trace_id: traceIdOf(row.traceAnchor),
          },
        ]
  const ended = row.status === 'failed' ? `sweep failed: ${row.reason ?? 'for an unknown reason'}` : 'sweep confirmed'
  return [
    ...step(row.plannedAt, 'sweep planned'),
    ...step(row.broadcastAt, 'sweep broadcast'),
    ...step(row.completedAt, ended),
  ]
}

export function webhookAttempt(row: WebhookAttemptRow, trace: string): Happening {
  const outcome = row.error === null ? 'delivered' : `failed (${row.statusCode ?? row.error})`
  return {
    at: row.at.toISOString(),
    kind: 'webhook',
    summary: `${row.eventType} to ${row.endpointId}, attempt ${row.n}: ${outcome}`,
    actor: 'webhook-dispatcher',
    subject: row.deliveryId,
    block_number: null,
    tx_hash: null,
    trace_id: trace,
  }
}
