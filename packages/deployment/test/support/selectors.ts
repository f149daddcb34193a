import type { Container, KubernetesObject, Workload } from './rendered'

export interface Selector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values: string[] }[]
}

export function selects(
  { matchLabels = {}, matchExpressions = [] }: Selector,
  labels: Record<string, string>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => values.includes(labels[key] ?? '') === (operator !== 'NotIn'))
  )
}

/** An operator creates the Postgres pods of production: they are not rendered, but carry this label. */
const POSTGRES = { labels: { 'app.kubernetes.io/name': 'postgres' }, ports: [5432, 8000, 9187] as (string | number)[] }

/** The selectors and ports of an object that match no pod. */
export function danglingSelectors(object: KubernetesObject, pods: readonly Workload[]): string[] {
  const { spec = {} } = object as KubernetesObject & { spec?: Record<string, unknown> }
  const selector = (spec['podSelector'] ??
    (/Service|Budget|PodMonitor/.test(object.kind) ? spec['selector'] : undefined)) as
    | Selector
    | Record<string, string>
    | undefined
  if (selector === undefined || object.kind === 'ServiceAccount') return []
  const asSelector = (object.kind === 'Service' ? { matchLabels: selector } : selector) as Selector
  const known = [
    ...pods.map(({ spec: { template } }) => ({
      labels: template.metadata.labels,
      ports: portsOf(template.spec.containers),
    })),
    POSTGRES,
  ]
  const chosen = known.filter(({ labels }) => selects(asSelector, labels))
  if (chosen.length === 0) return [`${object.kind}/${object.metadata.name} selects nothing`]
  return wantedPorts(object.kind, spec)
    .filter((port) => !chosen.some(({ ports }) => ports.includes(port)))
    .map((port) => `${object.kind}/${object.metadata.name}: no pod that it selects has the port ${port}`)
}

function portsOf(containers: readonly Container[]): (string | number)[] {
  return containers.flatMap(({ ports = [] }) => ports.flatMap(({ name, containerPort }) => [name, containerPort]))
}

function wantedPorts(kind: string, spec: Record<string, unknown>): (string | number)[] {
  const {
    ports = [],
    podMetricsEndpoints = [],
    ingress = [],
  } = spec as {
    ports?: { targetPort: string }[]
    podMetricsEndpoints?: { port: string }[]
    ingress?: { ports?: { port: number }[] }[]
  }
  if (kind === 'Service') return ports.map(({ targetPort }) => targetPort)
  if (kind === 'PodMonitor') return podMetricsEndpoints.map(({ port }) => port)
  return ingress.flatMap((rule) => (rule.ports ?? []).map(({ port }) => port))
}
