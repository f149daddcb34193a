/** Of a dashboard's JSON model, what tests hold against the running system. */
export interface PanelSummary {
  readonly title: string
  readonly description: string
  readonly unit: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  /** Its PromQL; none where it shows logs. */
  readonly queries: readonly string[]
}

interface PanelModel {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly gridPos: PanelSummary['gridPos']
  readonly fieldConfig?: { readonly defaults?: { readonly unit?: string } }
  readonly datasource?: { readonly type?: string }
  readonly targets?: readonly { readonly expr?: string }[]
}

/** Every panel of a dashboard that shows something; rows are headings. */
export function panelsOf(dashboard: { readonly panels?: readonly object[] }): PanelSummary[] {
  const panels = (dashboard.panels ?? []) as readonly PanelModel[]
  return panels.filter(({ type }) => type !== 'row').map(summarize)
}

function summarize(panel: PanelModel): PanelSummary {
  const exprs = (panel.targets ?? []).flatMap(({ expr }) => (expr === undefined ? [] : [expr]))
  return {
    title: panel.title ?? '',
    description: panel.description ?? '',
    unit: panel.fieldConfig?.defaults?.unit ?? '',
    gridPos: panel.gridPos,
    queries: panel.datasource?.type === 'prometheus' ? exprs : [],
  }
}
