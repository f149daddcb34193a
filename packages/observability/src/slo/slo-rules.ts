import type { KnownSeries } from '../promql/check-expression'
import { OBJECTIVES, type Objective, TARGET_BUCKET } from './objectives'

interface RecordingRule {
  readonly record: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
}

interface AlertRule {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface RuleGroup {
  readonly name: string
  /** Default: that of Prometheus. */
  readonly interval?: string
  readonly rules: readonly (RecordingRule | AlertRule)[]
}

interface BurnWindows {
  readonly long: string
  readonly short: string
  /** So many times faster than the budget of the period allows. */
  readonly rate: number
}

// The Site Reliability Workbook, ch. 5: 2 % of a month's budget in 1 h, 5 % in 6 h; 10 % in 1 d and 3 d. The short window
// ends the alert soon after the cause is gone.
const PAGE: readonly BurnWindows[] = [
  { long: '1h', short: '5m', rate: 14.4 },
  { long: '6h', short: '30m', rate: 6 },
]
const TICKET: readonly BurnWindows[] = [
  { long: '1d', short: '2h', rate: 3 },
  { long: '3d', short: '6h', rate: 1 },
]
// One evaluation in which a series is missing is no incident.
const FOR = '2m'
const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d']
/** The period of an error budget. Evaluated seldom, because it reads a month of samples. */
export const PERIOD = '30d'
const PERIOD_INTERVAL = '5m'

// Of payment_stage_duration_seconds.
const STAGE_BOUNDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 86400]

/** Recording rules and multi-window, multi-burn-rate alerts for every objective: deploy/prometheus/rules/slo.yml. */
export function sloRules(): { readonly groups: readonly RuleGroup[] } {
  return {
    groups: [
      ...OBJECTIVES.map((objective) => ({
        name: `ctrip-slo-${objective.name.replaceAll('_', '-')}`,
        rules: [
          // In the group that uses it, and before: groups are evaluated at times of their own.
          ...(objective.by.includes('chain') ? [{ record: TARGET_BUCKET, expr: targetBucket() }] : []),
          ...WINDOWS.flatMap((window) => recordings(objective, window)),
          ...alerts(objective),
        ],
      })),
      {
        name: 'ctrip-slo-budget',
        interval: PERIOD_INTERVAL,
        rules: OBJECTIVES.flatMap((objective) => recordings(objective, PERIOD)),
      },
    ],
  }
}

/** The series that these rules record, as other rules and dashboards may use them. */
export function recordedSeries(): readonly KnownSeries[] {
  return [
    { name: TARGET_BUCKET, labels: ['chain', 'bound'] },
    ...[...WINDOWS, PERIOD]
      .flatMap((window) => [badSeries(window), ratioSeries(window)])
      .map((name) => ({
        name,
        labels: ['slo', 'chain'],
      })),
  ]
}

function badSeries(window: string): string {
  return `ctrip:slo_bad:increase${window}`
}

function ratioSeries(window: string): string {
  return `ctrip:slo_error:ratio${window}`
}

function targetBucket(): string {
  // A leader's gauge: for a moment nobody reports it while the lease changes hands.
  const target = 'max by (chain) (last_over_time(ctrip_confirmation_slo_seconds[5m]))'
  const choices = STAGE_BOUNDS.map((bound, at) => {
    const next = STAGE_BOUNDS[at + 1]
    const within = next === undefined ? `${target} >= ${bound}` : `${target} >= ${bound} < ${next}`
    return `label_replace(${within}, "bound", "${bound}", "", "")`
  })
  return `(\n  ${choices.join('\n  or ')}\n) * 0 + 1`
}

function recordings({ name, bad, total }: Objective, window: string): RecordingRule[] {
  const labels = { slo: name }
  return [
    { record: badSeries(window), expr: bad(window), labels },
    {
      record: ratioSeries(window),
      expr: `${badSeries(window)}{slo="${name}"} / ignoring (slo) (${total(window)} > 0)`,
      labels,
    },
  ]
}

function alerts(objective: Objective): AlertRule[] {
  return [alert(objective, 'page', PAGE), alert(objective, 'ticket', TICKET)]
}

function alert(objective: Objective, severity: string, windows: readonly BurnWindows[]): AlertRule {
  const { name, promise, by } = objective
  const where = by.map((label) => ` on {{ $labels.${label} }}`).join('')
  return {
    alert: objective.alert,
    expr: windows.map((window) => `(${burning(objective, window)})`).join('\nor\n'),
    for: FOR,
    labels: { severity, slo: name },
    annotations: {
      summary: `The error budget is being used up too fast${where}: ${promise}`,
      description: `{{ $value | humanizePercentage }} of the events${where} broke the promise.`,
      runbook_url: `{{ $externalLabels.repository }}/docs/runbooks/${objective.alert}.md`,
      dashboard_url: `{{ $externalLabels.grafana }}/d/${objective.dashboard}`,
    },
  }
}

function burning({ name, target, badEventsMin }: Objective, { long, short, rate }: BurnWindows): string {
  const limit = Number((rate * (1 - target)).toPrecision(6))
  return [
    `${ratioSeries(long)}{slo="${name}"} > ${limit}`,
    `and ${ratioSeries(short)}{slo="${name}"} > ${limit}`,
    `and ${badSeries(long)}{slo="${name}"} >= ${badEventsMin}`,
  ].join('\n  ')
}
