import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import type { DashboardPlan, RowPlan, VariableName } from './dashboard-plan'
import { PROMETHEUS, renderPanel } from './render-panel'

// Where each variable's values come from.
const VARIABLE_SOURCES: Readonly<Record<VariableName, string>> = {
  chain: 'label_values(ctrip_scan_cursor_block, chain)',
  service: 'label_values(ctrip_build_info, service)',
  instance: 'label_values(ctrip_build_info{service=~"$service"}, instance)',
}
const COLUMNS = 24
const PANEL_HEIGHT = { number: 4, graph: 8, logs: 10 } as const

/** Lines across every graph: when somebody was paged, and when another version began to run. */
const ANNOTATIONS = [
  {
    name: 'Pages',
    colour: 'red',
    expr: 'count by (alertname, service, chain) (ALERTS{alertstate="firing", severity="page"})',
    title: '{{alertname}} {{service}} {{chain}}',
  },
  {
    name: 'Releases',
    colour: 'blue',
    expr: 'count by (version) (ctrip_build_info) unless count by (version) (ctrip_build_info offset 2m)',
    title: 'version {{version}}',
  },
] as const

/** Grafana's JSON model of a dashboard. */
export function renderDashboard(plan: DashboardPlan): Dashboard {
  const builder = new DashboardBuilder(plan.title)
    .uid(plan.uid)
    .description(plan.description)
    .tags(['ctrip'])
    .timezone('browser')
    .time({ from: 'now-3h', to: 'now' })
    .refresh('30s')
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([
      new DatasourceVariableBuilder('prometheus').label('Prometheus').type('prometheus'),
      ...plan.variables.map(renderVariable),
    ])
    .links([
      new DashboardLinkBuilder('cTrip')
        .type(DashboardLinkType.Dashboards)
        .tags(['ctrip'])
        .asDropdown(false)
        .keepTime(true),
    ])
    .annotations(ANNOTATIONS.map(renderAnnotation))
  let top = 0
  for (const row of plan.rows) top = addRow(builder, row, top, plan.logs)
  return builder.build()
}

function renderAnnotation({ name, colour, expr, title }: (typeof ANNOTATIONS)[number]): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(PROMETHEUS)
    .enable(true)
    .iconColor(colour)
    .expr(expr)
    .titleFormat(title)
}

function renderVariable(name: VariableName): Builder<VariableModel> {
  return new QueryVariableBuilder(name)
    .label(name)
    .datasource(PROMETHEUS)
    .query(VARIABLE_SOURCES[name])
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ text: 'All', value: '$__all' })
}

/** Lays the row's panels out from left to right, all of a line equally high; returns where the next row begins. */
function addRow(builder: DashboardBuilder, row: RowPlan, top: number, logs: string): number {
  builder.withRow(new RowBuilder(row.title).gridPos({ x: 0, y: top, w: COLUMNS, h: 1 }))
  let line = { x: 0, y: top + 1, height: 0 }
  for (const panel of row.panels) {
    const height = PANEL_HEIGHT[panel.kind]
    const fits = line.x + panel.width <= COLUMNS && (line.height === height || line.height === 0)
    if (!fits) line = { x: 0, y: line.y + line.height, height: 0 }
    const place = { x: line.x, y: line.y, w: panel.width, h: height }
    builder.withPanel(renderPanel(panel, logs).gridPos(place))
    line = { x: line.x + panel.width, y: line.y, height }
  }
  return line.y + line.height
}
