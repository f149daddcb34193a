import { colourOf, panelsOf } from '../src/dashboards/panels-of'
import { DASHBOARDS, generatedFiles } from '../src/generated-files'
import { checkExpression } from '../src/promql/check-expression'
import { recordedSeries } from '../src/slo/slo-rules'
import { filesIn, readText } from './repository'

const FOLDER = 'deploy/grafana/dashboards'
const dashboards = filesIn(FOLDER, '.json').map((file) => [file, JSON.parse(readText(file)) as Model] as const)
const panels = dashboards.flatMap(([file, model]) =>
  panelsOf(model).map((panel) => [`${file}: ${panel.title}`, panel] as const),
)

interface Model {
  readonly uid: string
  readonly title: string
  readonly schemaVersion: number
  readonly editable: boolean
  readonly panels: readonly object[]
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type?: string; readonly query: string }[]
  }
}

test.each([...generatedFiles()])('%s is what the generator makes', (path, content) => {
  expect(readText(path)).toBe(content)
})

test('every dashboard is committed, and none else', () => {
  expect(filesIn(FOLDER, '.json').sort()).toEqual(
    Object.keys(DASHBOARDS)
      .map((name) => `${FOLDER}/${name}.json`)
      .sort(),
  )
})

test('no two dashboards share a uid', () => {
  const uids = dashboards.map(([, { uid }]) => uid)
  expect(new Set(uids).size).toBe(uids.length)
})

test.each(dashboards)('%s has the shape that Grafana loads', (_file, model) => {
  expect(model.title).toMatch(/^cTrip \/ /)
  expect(model.editable).toBe(false)
  expect(model.schemaVersion).toBeGreaterThanOrEqual(39)
  expect(model.templating.list.map(({ type }) => type)).not.toContain(undefined)
})

test.each(dashboards)('the panels of %s neither overlap nor leave the grid', (_file, model) => {
  const taken = new Set<string>()
  for (const { gridPos } of panelsOf(model)) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x},${y}`)).toBe(false)
        taken.add(`${x},${y}`)
      }
    }
  }
})

test.each(panels)('%s has a title, a description and a unit', (_name, panel) => {
  expect(panel.title).not.toBe('')
  expect(panel.description).not.toBe('')
  expect(panel.unit).toBeTruthy()
})

const queries = panels.flatMap(([name, { queries: exprs }]) => exprs.map((expr) => [name, expr] as const))

test.each(queries)('%s asks only for metrics and labels that exist: %s', (_name, expr) => {
  expect(checkExpression(expr, recordedSeries())).toEqual([])
})

test.each(queries)('%s takes rates over no fixed window: %s', (_name, expr) => {
  const windows = [...expr.matchAll(/\[([^\]]+)\]/g)].map(([, window]) => window)
  expect(windows.every((window) => window === '$__rate_interval')).toBe(true)
})

test.each(dashboards)('%s uses each of its variables, and no other', (_file, model) => {
  const names = model.templating.list.map(({ name }) => name)
  const text = JSON.stringify([model.panels, model.templating.list.map(({ query }) => query)])
  for (const name of names) expect(text).toContain(`$${name}`)
  const used = panelsOf(model).flatMap(({ queries: exprs }) => exprs.join(' ').match(/\$[a-z]\w*/g) ?? [])
  for (const variable of used) expect(names).toContain(variable.slice(1))
})

test('histograms link to traces, and graphs to logs', () => {
  const text = dashboards.map(([file]) => readText(file)).join('')
  expect(text).toContain('"exemplar": true')
  expect(text).toContain('/explore?schemaVersion=1')
})

/** Each number's best and worst value. A number that is in no table has neither, and is shown without a colour. */
const BEST_AND_WORST: Readonly<Record<string, readonly [best: number, worst: number]>> = {
  Alerts: [0, 1],
  'Services down': [0, 1],
  'Dependencies down': [0, 1],
  'Last good scan': [1, 3_600],
  'Last good cycle': [1, 3_600],
  'Chains stopped': [0, 1],
  'Scanner lag': [0, 86_400],
  Lag: [0, 10_000],
  Discrepancies: [0, 1],
  'Sweeper halted': [0, 1],
  Halted: [0, 1],
  'Gas wallet': [10, 0],
  'Reorg margin': [12, 0],
  'Safety margin': [12, -3],
  'Payments overdue': [0, 1_000],
  'Addresses not ours': [0, 1],
  'Not ours': [0, 1],
  'Oldest unpublished event': [0, 3_600],
  'Oldest due webhook': [0, 3_600],
  'Failing endpoints': [0, 1],
  'Open circuits': [0, 1],
  'Dead letters, 24 h': [0, 1],
  'Due now': [0, 100_000],
  'Waiting for': [0, 3_600],
  'Database up': [1, 0],
  'Replicas up': [2, 0],
  'Budget left: creation availability': [1, -4],
  'Budget left: creation latency': [1, 0],
  'Budget left: confirmation': [1, 0],
  'Budget left: webhook delivery': [1, 0],
  'Database / Waiting': [0, 1_000],
}

const numbers = panels
  .filter(([, { isNumber }]) => isNumber)
  .map(([name, panel]) => {
    const inDatabase = name.includes('database.json') && panel.title === 'Waiting'
    return [name, panel, BEST_AND_WORST[inDatabase ? 'Database / Waiting' : panel.title]] as const
  })

test.each(numbers)('%s is green at its best and not green at its worst', (_name, { colours }, range) => {
  if (range === undefined) {
    expect(colours.map(({ color }) => color)).toEqual(['text'])
    return
  }
  const [best, worst] = range
  expect(colourOf(colours, best)).toBe('green')
  expect(['orange', 'red']).toContain(colourOf(colours, worst))
})

test('the first screen of the overview shows what pages', () => {
  const overview = panels.filter(([name, { gridPos }]) => name.includes('overview.json') && gridPos.y < 18)
  expect(overview.map(([, { title }]) => title)).toEqual(
    expect.arrayContaining([
      'Alerts',
      'Chains stopped',
      'Last good scan',
      'Discrepancies',
      'Sweeper halted',
      'Gas wallet',
    ]),
  )
})
