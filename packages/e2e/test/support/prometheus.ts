import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freePort } from '@ctrip/local-stack/free-port'
import type { StackDescriptor } from '@ctrip/local-stack/stack-descriptor'
import { waitUntil } from '@ctrip/local-stack/wait-until'

const RULES = resolve(__dirname, '..', '..', '..', '..', 'deploy', 'prometheus', 'rules')

interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

interface ActiveAlert {
  readonly state: 'pending' | 'firing'
  readonly labels: Readonly<Record<string, string>> & { readonly alertname: string }
}

interface PrometheusOptions {
  /** Changes the rules, to save time. */
  readonly edit?: (rules: string) => string
  /** How often targets are scraped and rules evaluated. Default: each second. */
  readonly intervalSeconds?: number
  /** The receiver of alerts; none by default. */
  readonly alertmanagerUrl?: string
}

export interface Prometheus {
  query(expr: string): Promise<Sample[]>
  /** The labels of every series of a metric, `__name__` among them. */
  series(matcher: string): Promise<Readonly<Record<string, string>>[]>
  /** The trace ids that a histogram points to. */
  exemplars(expr: string): Promise<string[]>
  /** The names of the alerts that fire. */
  firing(): Promise<string[]>
  /** The alerts that fire or are about to. */
  alerts(): Promise<readonly ActiveAlert[]>
  stop(): Promise<void>
}

/** A real Prometheus that scrapes the services, with the rules of deploy/. */
export async function startPrometheus(
  services: StackDescriptor['services'],
  options: PrometheusOptions = {},
): Promise<Prometheus> {
  const { edit = (rules: string) => rules } = options
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-prometheus-'))
  copyRules(join(folder, 'rules'), edit)
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(configuration(services, options))) // JSON is YAML
  const url = `http://127.0.0.1:${await freePort()}`
  const flags = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`]
  const child = spawn(
    'prometheus',
    [...flags, `--web.listen-address=${new URL(url).host}`, '--enable-feature=exemplar-storage'],
    { stdio: 'ignore' },
  )
  process.once('exit', () => child.kill('SIGKILL'))
  const query: Prometheus['query'] = async (expr) => {
    const { result } = await ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
      `${url}/api/v1/query?query=${encodeURIComponent(expr)}`,
    )
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  }
  const alerts = async () => (await ask<{ alerts: ActiveAlert[] }>(`${url}/api/v1/alerts`)).alerts
  // Its targets come some seconds after itself.
  const up = () => query('up{service=~"ctrip-.+"} == 1')
  await waitUntil('Prometheus', 20_000, async () => (await up()).length === Object.keys(services).length)
  return {
    query,
    series: (matcher) => ask(`${url}/api/v1/series?match[]=${encodeURIComponent(matcher)}`),
    async exemplars(expr) {
      const start = `${Math.floor(Date.now() / 1000) - 600}`
      const found = await ask<{ exemplars: { labels: { trace_id: string } }[] }[]>(
        `${url}/api/v1/query_exemplars?start=${start}&end=${Math.ceil(Date.now() / 1000)}&query=${encodeURIComponent(expr)}`,
      )
      return found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id))
    },
    alerts,
    async firing() {
      return (await alerts()).flatMap(({ state, labels }) => (state === 'firing' ? [labels.alertname] : []))
    },
    async stop() {
      child.kill('SIGKILL')
      await once(child, 'exit')
      rmSync(folder, { recursive: true })
    },
  }
}

/** The configuration of deploy/prometheus/prometheus.yml, except for addresses and intervals. */
function configuration(
  services: StackDescriptor['services'],
  { intervalSeconds = 1, alertmanagerUrl }: PrometheusOptions,
): object {
  const interval = `${intervalSeconds}s`
  const targets = Object.entries(services).map(([name, { ops_url }]) => ({
    targets: [new URL(ops_url).host],
    labels: { service: `ctrip-${name}` },
  }))
  return {
    global: {
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: interval,
      external_labels: { env: 'local', repository: '', grafana: '' },
    },
    ...(alertmanagerUrl === undefined ? {} : { alerting: alertingTo(alertmanagerUrl) }),
    rule_files: ['rules/*.yml'],
    scrape_configs: [{ job_name: 'ctrip', static_configs: targets }],
  }
}

function alertingTo(alertmanagerUrl: string): object {
  return {
    alert_relabel_configs: [{ regex: 'repository|grafana', action: 'labeldrop' }],
    alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanagerUrl).host] }] }],
  }
}

function copyRules(folder: string, edit: (rules: string) => string): void {
  mkdirSync(folder)
  for (const file of readdirSync(RULES))
    writeFileSync(
      join(folder, file),
      edit(readFileSync(join(RULES, file), 'utf8').replace('interval: 5m', 'interval: 1s')),
    )
}

async function ask<T>(url: string): Promise<T> {
  const answer = (await (await fetch(url)).json()) as { status: string; error?: string; data: T }
  if (answer.status !== 'success') throw new Error(`${url}: ${answer.error ?? answer.status}`)
  return answer.data
}
