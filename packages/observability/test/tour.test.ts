import { DASHBOARDS } from '../src/generated-files'
import { filesIn, readAlerts, readText } from './repository'

const HEADING = '## Areas, their signals and their tests'
const text = readText('docs/observability.md')
const section = text.slice(text.indexOf(HEADING)).split('\n## ')[0] ?? ''
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1)
  .map((line) => line.slice(2, -2).split(' | '))
  .map(([area = '', shows = '', tests = '']) => [area, shows, tests] as const)

test('the tour of docs/observability.md has every area that cTrip was founded on', () => {
  const areas = rows.map(([area]) => area).join('\n')
  const founding = ['logging', 'health checks', 'database', 'chain', 'workers', 'webhooks', 'payment creation']
  for (const area of [...founding, 'tracing', 'integration checklist', 'SLOs', 'alerts']) expect(areas).toContain(area)
})

test.each(rows)('%s: shown by alerts and dashboards that exist', (_area, shows) => {
  const alerts = readAlerts().map(({ alert }) => alert)
  const named = shows.match(/\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b/g) ?? []
  expect(named.filter((name) => !alerts.includes(name))).toEqual([])
  const titles = Object.values(DASHBOARDS).map(({ title }) => title)
  const dashboards = [...shows.matchAll(/\*(cTrip \/ \w+)\*/g)].map(([, title]) => title)
  expect(dashboards.filter((title) => title === undefined || !titles.includes(title))).toEqual([])
})

test.each(rows)('%s: held by tests that exist', (_area, _shows, tests) => {
  const files = [...tests.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file = '']) => file)
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) {
    const folder = file.slice(0, file.lastIndexOf('/'))
    expect(filesIn(folder, '.ts').concat(filesIn(folder, '.yml'))).toContain(file)
    expect(file).toMatch(/\.test\.(ts|yml)$/)
  }
})

test('the tests of every file of alert rules are in the tour', () => {
  const named = filesIn('deploy/prometheus/tests', '.yml').filter((file) => !section.includes(file))
  expect(named).toEqual([])
})
