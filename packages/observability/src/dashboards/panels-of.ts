/** Of a dashboard's JSON model, what tests hold against the running system. */
export interface PanelSummary {
  readonly title: string
  readonly description: string
  readonly unit: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  /** Its PromQL; none where it shows logs. */
  readonly queries: readonly string[]
  /** Of a number: its colours, from the lowest value up; one colour where no value is bad. */
  readonly colours: readonly ColourStep[]
  readonly isNumber: boolean
}

export interface ColourStep {
  readonly color: string
  readonly value: number | null
}

interface PanelModel {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly gridPos: PanelSummary['gridPos']
  readonly fieldConfig?: {
    readonly defaults?: { readonly unit?: string; readonly thresholds?: { readonly steps: readonly ColourStep[] } }
  }
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
    colours: panel.fieldConfig?.defaults?.thresholds?.steps ?? [],
    isNumber: panel.type === 'stat',
  }
}

/** The colour in which Grafana shows a value. */
export function colourOf(steps: readonly ColourStep[], value: number): string | undefined {
  return steps.filter((step) => step.value === null || value >= step.value).at(-1)?.color
}
