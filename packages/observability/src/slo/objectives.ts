/** A promise about a share of events, measured from the services' own metrics. */
export interface Objective {
  /** The label `slo` of everything recorded about it. */
  readonly name: string
  readonly alert: string
  readonly promise: string
  /** Of all events, the share that keeps the promise: 0.999. */
  readonly target: number
  /** Each of its values is judged by itself. */
  readonly by: readonly string[]
  /** PromQL: how many events broke the promise within the window. */
  readonly bad: (window: string) => string
  /** PromQL: how many events there were within the window. */
  readonly total: (window: string) => string
  /** With fewer bad events than this nobody is told: one failure among ten is 10 %, and says nothing. */
  readonly badEventsMin: number
  /** The uid of the dashboard that its alerts open. */
  readonly dashboard: string
}

const CREATION = 'ctrip_http_request_duration_seconds'
const CREATION_CALL = 'method="POST", route="/api/v1/payments"'
const CONFIRMATION = 'ctrip_payment_stage_duration_seconds'
// A leader's gauge: for a moment nobody reports it while the lease changes hands.
const OVERDUE = 'max by (chain) (last_over_time(ctrip_payments_overdue[5m]))'
const WEBHOOK_START = 'ctrip_webhook_start_latency_seconds'

/** Records for each chain, as the label `bound`, the greatest bucket bound within its target. */
export const TARGET_BUCKET = 'ctrip:confirmation_target_bucket'

export const OBJECTIVES: readonly Objective[] = [
  {
    name: 'creation_availability',
    alert: 'PaymentCreationFailing',
    promise: '99.9 % of requests to create a payment are not answered with 5xx',
    target: 0.999,
    by: [],
    bad: (window) => `sum(increase(${CREATION}_count{${CREATION_CALL}, status_code=~"5.."}[${window}])) or vector(0)`,
    total: (window) => `sum(increase(${CREATION}_count{${CREATION_CALL}}[${window}]))`,
    badEventsMin: 5,
    dashboard: 'ctrip-payments',
  },
  {
    name: 'creation_latency',
    alert: 'PaymentCreationSlow',
    promise: '99 % of payments are created within 500 ms',
    target: 0.99,
    by: [],
    bad: (window) => slower(CREATION, `${CREATION_CALL}, status_code!~"5.."`, '0.5', window),
    total: (window) => `sum(increase(${CREATION}_count{${CREATION_CALL}, status_code!~"5.."}[${window}]))`,
    badEventsMin: 10,
    dashboard: 'ctrip-payments',
  },
  {
    // What is still not confirmed counts from the moment it is overdue: it would never reach the histogram. Once
    // confirmed it has left the gauge and counts in the histogram: never twice.
    name: 'confirmation',
    alert: 'ConfirmationSlow',
    promise: "99 % of payments are confirmed within their chain's target (confirmation_slo_seconds)",
    target: 0.99,
    by: ['chain'],
    bad: (window) => `(${confirmedLate(window)} or ${OVERDUE} * 0) + ${OVERDUE}`,
    total: (window) => `${confirmed(window)} + ${OVERDUE}`,
    badEventsMin: 3,
    dashboard: 'ctrip-payments',
  },
  {
    // Due → attempt started is our own part. What the receiver does with it is told by other alerts, and pages nobody.
    name: 'webhook_delivery',
    alert: 'WebhookDeliveryLate',
    promise: '99.5 % of due webhook attempts are started within 10 s',
    target: 0.995,
    by: [],
    bad: (window) => slower(WEBHOOK_START, '', '10', window),
    total: (window) => `sum(increase(${WEBHOOK_START}_count[${window}]))`,
    badEventsMin: 10,
    dashboard: 'ctrip-webhooks',
  },
]

/** Prometheus 3 writes the bound of a bucket as a float (10.0), Prometheus 2 as it was exported (10). */
export function bucketBound(bound: string): string {
  return `le=~"${bound.replace('.', '\\\\.')}(\\\\.0)?"`
}

function slower(histogram: string, matchers: string, bound: string, window: string): string {
  const bucket = [matchers, bucketBound(bound)].filter(Boolean).join(', ')
  const count = matchers === '' ? `${histogram}_count` : `${histogram}_count{${matchers}}`
  return `clamp_min(sum(increase(${count}[${window}])) - sum(increase(${histogram}_bucket{${bucket}}[${window}])), 0)`
}

// Starts from a gauge that every chain has: where all payments are stuck, the histogram has no series yet.
function confirmed(window: string): string {
  return `(${confirmedAtAll(window)} or ${OVERDUE} * 0)`
}

function confirmedAtAll(window: string): string {
  return `sum by (chain) (increase(${CONFIRMATION}_count{stage="confirmation"}[${window}]))`
}

// If the target is not known, nothing is late: counted as 0 in time, every payment would have broken the promise.
function confirmedLate(window: string): string {
  const buckets = `increase(${CONFIRMATION}_bucket{stage="confirmation"}[${window}])`
  const byBound = `sum by (chain, bound) (label_replace(${buckets}, "bound", "$1", "le", "(.+?)(\\\\.0)?"))`
  return `clamp_min(${confirmedAtAll(window)} - sum by (chain) (${byBound} * on (chain, bound) ${TARGET_BUCKET}), 0)`
}
