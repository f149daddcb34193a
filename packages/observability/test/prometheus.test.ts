import { existsSync } from 'node:fs'
import { parse } from 'yaml'
import { DASHBOARDS } from '../src/generated-files'
import { checkExpression } from '../src/promql/check-expression'
import { recordedSeries } from '../src/slo/slo-rules'
import { filesIn, inRepository, readAlerts, readRules, readText, runTool } from './repository'

const RUNBOOK = /^\{\{ \$externalLabels\.repository \}\}\/(docs\/runbooks\/(\w+)\.md)$/
const DASHBOARD = /^\{\{ \$externalLabels\.grafana \}\}\/d\/([\w-]+)$/
const TESTS = filesIn('deploy/prometheus/tests', '.yml')

interface RuleTest {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts?: readonly object[] }[]
}

test('promtool finds the configuration valid', async () => {
  await runTool('promtool', 'check', 'config', '--syntax-only', inRepository('deploy/prometheus/prometheus.yml'))
  await runTool('promtool', 'check', 'rules', ...filesIn('deploy/prometheus/rules', '.yml').map(inRepository))
})

test.each(TESTS)('%s holds', async (file) => {
  await runTool('promtool', 'test', 'rules', inRepository(file))
})

test('every alert is shown firing and not firing', () => {
  const cases = TESTS.flatMap((file) => (parse(readText(file)) as { tests: RuleTest[] }).tests).flatMap(
    ({ alert_rule_test: checks }) => checks,
  )
  const shown = (firing: boolean) =>
    new Set(cases.flatMap((check) => ((check.exp_alerts?.length ?? 0) > 0 === firing ? [check.alertname] : [])))
  const names = new Set(readAlerts().map(({ alert }) => alert))
  expect(shown(true)).toEqual(names)
  names.delete('Watchdog') // which always fires
  expect(shown(false)).toEqual(names)
})

test.each(readRules().map((rule) => [rule.alert ?? rule.record, rule.expr]))(
  '%s asks only for metrics and labels that exist',
  (_name, expr) => {
    expect(checkExpression(expr, recordedSeries())).toEqual([])
  },
)

test.each(readAlerts().map((rule) => [rule.alert, rule] as const))(
  '%s has a severity, words, a runbook of its own, and a dashboard',
  (alert, { labels, annotations }) => {
    expect(['page', 'ticket', 'none']).toContain(labels?.['severity'])
    expect(annotations?.['summary']).toBeTruthy()
    expect(annotations?.['description']).toBeTruthy()
    const [, path = '', name] = RUNBOOK.exec(annotations?.['runbook_url'] ?? '') ?? []
    expect(name).toBe(alert)
    expect(existsSync(inRepository(path))).toBe(true)
    const [, uid = ''] = DASHBOARD.exec(annotations?.['dashboard_url'] ?? '') ?? []
    expect(Object.values(DASHBOARDS).map((dashboard) => dashboard.uid)).toContain(uid)
  },
)
