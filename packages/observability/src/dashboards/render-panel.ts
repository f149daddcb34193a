import {
  BigValueColorMode,
  BigValueGraphMode,
  type DataSourceRef,
  LegendDisplayMode,
  LegendPlacement,
  LogsSortOrder,
  ReduceDataOptionsBuilder,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as LogsBuilder } from '@grafana/grafana-foundation-sdk/logs'
import { DataqueryBuilder as LokiQuery } from '@grafana/grafana-foundation-sdk/loki'
import { DataqueryBuilder as PrometheusQuery } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import type { Limits, PanelPlan, QueryPlan, Unit } from './dashboard-plan'

export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: '$prometheus' }
// As provisioned in deploy/grafana/provisioning/datasources.
const LOKI: DataSourceRef = { type: 'loki', uid: 'loki' }

// Units that Grafana does not know are written as a suffix.
const SUFFIXES: Partial<Record<Unit, string>> = { blocks: 'suffix: blocks', gas: 'suffix: gas', perHour: 'suffix: /h' }

/** A graph of more lines is not read by anybody. */
const LINES_MAX = 15

export type PanelBuilder = StatBuilder | TimeseriesBuilder | LogsBuilder

/** `logs`: the LogQL that a graph's points link to, for the time shown. */
export function renderPanel(plan: PanelPlan, logs: string): PanelBuilder {
  const panel = build(plan, logs)
  return panel
    .title(plan.title)
    .description(plan.description)
    .unit(SUFFIXES[plan.unit] ?? plan.unit)
}

function build(plan: PanelPlan, logs: string): PanelBuilder {
  switch (plan.kind) {
    case 'number':
      return stat(plan)
    case 'graph':
      return timeseries(plan, logs)
    case 'logs':
      return logLines(plan)
  }
}

function stat(plan: PanelPlan): StatBuilder {
  return new StatBuilder()
    .datasource(PROMETHEUS)
    .targets(plan.queries.map((query, at) => prometheusQuery(query, at).instant()))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .colorMode(plan.limits === undefined ? BigValueColorMode.None : BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(colours(plan.limits)))
    .noValue('no data')
    .links(plan.opens === undefined ? [] : [openDashboard(plan.opens)])
}

type ColourStep = { color: string; value: number | null }

function colours(limits: Limits | undefined): ColourStep[] {
  if (limits === undefined) return [{ color: 'text', value: null }]
  if ('warnBelow' in limits || 'alarmBelow' in limits) return coloursUpwards(limits)
  const { warnAt, alarmAt } = limits as { warnAt?: number; alarmAt?: number }
  return [
    { color: 'green', value: null },
    ...(warnAt === undefined ? [] : [{ color: 'orange', value: warnAt }]),
    ...(alarmAt === undefined ? [] : [{ color: 'red', value: alarmAt }]),
  ]
}

/** The lower, the worse: the first colour is the worst. */
function coloursUpwards({ warnBelow, alarmBelow }: { warnBelow?: number; alarmBelow?: number }): ColourStep[] {
  const steps: ColourStep[] = []
  if (alarmBelow !== undefined) steps.push({ color: 'red', value: null })
  if (warnBelow !== undefined) steps.push({ color: 'orange', value: alarmBelow ?? null })
  return [...steps, { color: 'green', value: warnBelow ?? alarmBelow ?? null }]
}

function openDashboard(uid: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder('Open the dashboard').type(DashboardLinkType.Link).url(`/d/${uid}`).keepTime(true)
}

function timeseries(plan: PanelPlan, logs: string): TimeseriesBuilder {
  return new TimeseriesBuilder()
    .datasource(PROMETHEUS)
    .targets(plan.queries.map((query, at) => prometheusQuery(atMostLines(query), at).exemplar(query.exemplars).range()))
    .min(0)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .dataLinks([new DashboardLinkBuilder('Logs of this time').type(DashboardLinkType.Link).url(exploreUrl(logs))])
}

function logLines(plan: PanelPlan): LogsBuilder {
  return new LogsBuilder()
    .datasource(LOKI)
    .targets(
      plan.queries.map(({ expr }, at) =>
        new LokiQuery().datasource(LOKI).expr(expr).refId(refId(at)).queryType('range'),
      ),
    )
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(LogsSortOrder.Descending)
}

function prometheusQuery({ expr, legend }: QueryPlan, at: number): PrometheusQuery {
  return new PrometheusQuery().datasource(PROMETHEUS).expr(expr).legendFormat(legend).refId(refId(at))
}

/** The greatest values, where a query has a line for each of its labels' values. */
function atMostLines(query: QueryPlan): QueryPlan {
  return query.legend.includes('{{') ? { ...query, expr: `topk(${LINES_MAX}, ${query.expr})` } : query
}

function refId(at: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + at)
}

/** Grafana fills in $__from and $__to; all else is escaped. */
function exploreUrl(expr: string): string {
  const range = { from: '$__from', to: '$__to' }
  const panes = { logs: { datasource: LOKI.uid, queries: [{ refId: 'A', expr, datasource: LOKI }], range } }
  const escaped = encodeURIComponent(JSON.stringify(panes)).replaceAll('%24__', '$__')
  return `/explore?schemaVersion=1&orgId=1&panes=${escaped}`
}
