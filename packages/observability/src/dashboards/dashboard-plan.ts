/** A dashboard as data: what is shown and why. render-dashboard.ts makes Grafana's JSON of it. */
export interface DashboardPlan {
  readonly uid: string
  readonly title: string
  readonly description: string
  /** Variables on top of it: which chains, which services, which replicas. */
  readonly variables: readonly VariableName[]
  /** LogQL: the lines that each graph links to, for the time shown. */
  readonly logs: string
  readonly rows: readonly RowPlan[]
}

export type VariableName = 'chain' | 'service' | 'instance'

export interface RowPlan {
  readonly title: string
  readonly panels: readonly PanelPlan[]
}

export interface PanelPlan {
  readonly kind: 'number' | 'graph' | 'logs'
  readonly title: string
  /** What it tells, and what to make of it. */
  readonly description: string
  /** One of Grafana's units. */
  readonly unit: Unit
  readonly queries: readonly QueryPlan[]
  /** The limits beyond which the number is bad; without limits it is neutral, and has no colour. */
  readonly limits?: Limits
  /** The uid of the dashboard that a click on the number opens. */
  readonly opens?: string
  /** Columns of 24. */
  readonly width: number
}

/** From `warnAt` up a number is amber, from `alarmAt` up red; or below `warnBelow` amber, and below `alarmBelow` red. */
export type Limits =
  | { readonly warnAt?: number; readonly alarmAt?: number }
  | { readonly warnBelow?: number; readonly alarmBelow?: number }

export interface QueryPlan {
  readonly expr: string
  readonly legend: string
  /** Shows single traces as dots that open in Jaeger: where the query is of a histogram. */
  readonly exemplars: boolean
}

export type Unit =
  | 'short'
  | 's'
  | 'percentunit'
  | 'reqps'
  | 'ops'
  | 'perHour'
  | 'bytes'
  | 'none'
  | 'dateTimeFromNow'
  | 'blocks'
  | 'gas'

interface NumberOptions {
  readonly limits?: Limits
  readonly legend?: string
  readonly opens?: string
  readonly width?: number
}

/** The latest value of each series, as a big number. */
export function number(
  title: string,
  description: string,
  unit: Unit,
  expr: string,
  { legend = '', width = 4, ...options }: NumberOptions = {},
): PanelPlan {
  return { kind: 'number', title, description, unit, queries: [{ expr, legend, exemplars: false }], width, ...options }
}

/** Values over time, a line for each series of each query: `{legend: PromQL}`. */
export function graph(
  title: string,
  description: string,
  unit: Unit,
  queries: Readonly<Record<string, string>>,
): PanelPlan {
  return { kind: 'graph', title, description, unit, queries: toQueries(queries), width: 8 }
}

export function logs(title: string, description: string, expr: string): PanelPlan {
  return {
    kind: 'logs',
    title,
    description,
    unit: 'none',
    queries: [{ expr, legend: '', exemplars: false }],
    width: 24,
  }
}

function toQueries(queries: Readonly<Record<string, string>>): QueryPlan[] {
  return Object.entries(queries).map(([legend, expr]) => ({ expr, legend, exemplars: expr.includes('_bucket') }))
}
