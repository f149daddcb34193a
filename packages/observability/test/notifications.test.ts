import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { deliveringTo, type Inbox, openInbox } from './fixtures/notification-inbox'
import { type FiredAlert, startAlertmanager } from './fixtures/start-alertmanager'

const DASHBOARD = 'https://grafana.example.com/d/ctrip-scanner'
const RUNBOOK = 'https://git.example.com/ctrip/docs/runbooks/ScannerStale.md'

let inbox: Inbox
let folder: string
let alertmanager: Awaited<ReturnType<typeof startAlertmanager>>

beforeEach(async () => {
  inbox = await openInbox()
  folder = mkdtempSync(join(tmpdir(), 'notifications-'))
  const file = join(folder, 'alertmanager.yml')
  writeFileSync(file, deliveringTo(inbox.url, [[/group_wait: \d+s/g, 'group_wait: 1s']]))
  alertmanager = await startAlertmanager(file)
})

afterEach(async () => {
  await alertmanager.stop()
  inbox.close()
  rmSync(folder, { recursive: true })
})

test('a page says what is wrong, where, since when, and where to read on', async () => {
  await alertmanager.notify(stale('anvil', RUNBOOK))
  await waitUntil('a page', 15_000, async () => inbox.pagerDuty.length > 0)
  const [page] = inbox.pagerDuty
  expect(page).toMatchObject({ event_action: 'trigger', client_url: RUNBOOK })
  expect(page?.links).toEqual([{ href: RUNBOOK, text: 'Runbook' }])
  expect(page?.payload).toMatchObject({ severity: 'critical', summary: '[FIRING] anvil is not being scanned' })
  const details = page?.payload.custom_details.alerts
  expect(details).toContain('The last good cycle was 5m 0s ago')
  expect(details).toContain('Where: chain=anvil env=local')
  expect(details).toContain('Since: 2026-01-02 03:04:05 UTC')
  expect(details).toContain(`Runbook: ${RUNBOOK}`)
  expect(details).toContain(`Dashboard: ${DASHBOARD}`)
})

test('a message about two alerts has a title, and the text of both', async () => {
  await alertmanager.notify(behind('one'), behind('two'))
  await waitUntil('a message', 15_000, async () => inbox.slack.length > 0)
  const [message] = inbox.slack
  expect(message?.title).toBe('[FIRING] RpcProviderBehind: 2 firing')
  expect(message?.text).toContain('*one of anvil is behind* (firing)')
  expect(message?.text).toContain('*two of anvil is behind* (firing)')
  expect(message?.text).toContain('It has been 30 blocks behind')
})

test('without RUNBOOKS_URL and GRAFANA_URL runbook and dashboard are named as paths, and the link opens the query', async () => {
  await alertmanager.notify({
    ...behind('one'),
    annotations: {
      ...behind('one').annotations,
      runbook_url: '/docs/runbooks/RpcProviderBehind.md',
      dashboard_url: '/d/ctrip-scanner',
    },
  })
  await waitUntil('a message', 15_000, async () => inbox.slack.length > 0)
  const [message] = inbox.slack
  expect(message?.text).toContain('Runbook: docs/runbooks/RpcProviderBehind.md in the cTrip repository')
  expect(message?.text).toContain('Dashboard: /d/ctrip-scanner in Grafana (set GRAFANA_URL to make this a link)')
  expect(message?.titleLink).toBe('http://prometheus.example.com/graph')
})

test('one dependency that is away from three services is one page', async () => {
  await alertmanager.notify(away('ctrip-api'), away('ctrip-scanner'), away('ctrip-sweeper'))
  await waitUntil('a page', 15_000, async () => inbox.pagerDuty.length > 0)
  const [page, ...more] = inbox.pagerDuty
  expect(more).toEqual([])
  expect(page?.payload.summary).toBe('[FIRING] DependencyDown: 3 firing')
  expect(page?.payload.custom_details.alerts).toContain('*ctrip-scanner cannot use database* (firing)')
})

function stale(chain: string, runbook: string): FiredAlert {
  return alert(
    { alertname: 'ScannerStale', severity: 'page', chain },
    {
      summary: `${chain} is not being scanned`,
      description: 'The last good cycle was 5m 0s ago.',
      runbook_url: runbook,
      dashboard_url: DASHBOARD,
    },
  )
}

function behind(provider: string): FiredAlert {
  return alert(
    { alertname: 'RpcProviderBehind', severity: 'ticket', chain: 'anvil', provider },
    {
      summary: `${provider} of anvil is behind`,
      description: 'It has been 30 blocks behind the best known head.',
      runbook_url: RUNBOOK,
    },
  )
}

function away(service: string): FiredAlert {
  return alert(
    { alertname: 'DependencyDown', severity: 'page', service, dependency: 'database' },
    { summary: `${service} cannot use database`, description: 'For a minute.', runbook_url: RUNBOOK },
  )
}

function alert(labels: Record<string, string>, annotations: Record<string, string>): FiredAlert {
  return {
    labels: { ...labels, env: 'local' },
    annotations,
    startsAt: '2026-01-02T03:04:05Z',
    generatorURL: 'http://prometheus.example.com/graph',
  }
}
