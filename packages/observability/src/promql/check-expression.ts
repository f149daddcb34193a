import {
  CONTRACT_METRICS,
  type ContractMetric,
  PROCESS_METRICS,
  seriesOf,
  TARGET_LABELS,
  WATCHERS_METRICS,
} from '../metrics-contract'
import { readExpression } from './read-expression'

/** What a recording rule makes, or Prometheus itself. */
export interface KnownSeries {
  readonly name: string
  readonly labels: readonly string[]
}

const OF_PROMETHEUS: readonly KnownSeries[] = [
  { name: 'up', labels: ['job'] },
  {
    name: 'ALERTS',
    labels: ['alertname', 'alertstate', 'severity', 'chain', 'provider', 'dependency', 'worker', 'slo'],
  },
]

/**
 * What is wrong with an expression, in words: it cannot be parsed, names a series that nobody exports, or a label that its
 * series does not have. A misspelt label is no error to Prometheus, it is an alert that never fires.
 */
export function checkExpression(expression: string, recorded: readonly KnownSeries[]): string[] {
  const known = new Map([...exported(), ...OF_PROMETHEUS, ...recorded].map(({ name, labels }) => [name, labels]))
  const { selectors, groupingLabels, texts } = readExpression(expression)
  const unknown = selectors.filter(({ metric }) => !known.has(metric)).map(({ metric }) => `nobody exports ${metric}`)
  const wrongLabels = selectors.flatMap(({ metric, labels }) =>
    labels.filter((label) => !labelsOf(metric).includes(label)).map((label) => `${metric} has no label ${label}`),
  )
  const carried = new Set([...selectors.flatMap(({ metric }) => labelsOf(metric)), ...texts])
  const wrongGroups = groupingLabels.filter((label) => !carried.has(label)).map((label) => `nothing here has ${label}`)
  return [...unknown, ...wrongLabels, ...wrongGroups]

  function labelsOf(metric: string): readonly string[] {
    return [...(known.get(metric) ?? []), ...TARGET_LABELS]
  }
}

function exported(): readonly KnownSeries[] {
  return [...CONTRACT_METRICS, ...PROCESS_METRICS, ...WATCHERS_METRICS].flatMap((metric: ContractMetric) =>
    seriesOf(metric),
  )
}
