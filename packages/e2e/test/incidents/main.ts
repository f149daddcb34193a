import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { deliveringTo, openInbox } from '../../../observability/test/fixtures/notification-inbox'
import { startAlertmanager } from '../../../observability/test/fixtures/start-alertmanager'
import { startGateway } from '../support/gateway'
import { startPrometheus } from '../support/prometheus'
import { INCIDENTS, type Incident } from './incidents'
import { judgeIncident, renderTimeline } from './judge-incident'
import { type OnCall, runIncident } from './run-incident'

const USAGE = `usage: incidents [--only NAME[,NAME…]] [--quiet-seconds S]\nincidents: ${INCIDENTS.map(({ name }) => name).join(', ')}\n`
const INTERVAL_SECONDS = 5
const COIN = 10n ** 15n

/**
 * `npm run incidents`: provokes one incident after the other in a gateway of its own, with real Prometheus and Alertmanager and the
 * rules and routes of deploy/, prints a timeline of each, and exits 1 where a notification is missing, late or too many. Changes of a
 * group of alerts are sent after 30 s instead of 5 min; nothing else is shortened.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, 'quiet-seconds': { type: 'string', default: '90' } },
  })
  const chosen = choose(values.only)
  const quietSeconds = Number(values['quiet-seconds'])
  if (chosen === null || !(quietSeconds >= 0)) {
    process.stderr.write(USAGE)
    return 2
  }
  const { onCall, stop } = await startOnCall()
  try {
    let bad = (await staysQuiet(onCall, quietSeconds)) ? 0 : 1
    for (const incident of chosen) {
      const timeline = await runIncident(onCall, incident)
      const faults = judgeIncident(incident, timeline)
      if (faults.length > 0) bad += 1
      process.stdout.write(`${renderTimeline(timeline, faults)}\n`)
    }
    return bad === 0 ? 0 : 1
  } finally {
    await stop()
  }
}

function choose(only: string | undefined): readonly Incident[] | null {
  if (only === undefined) return INCIDENTS
  const chosen = only.split(',').map((name) => INCIDENTS.find((incident) => incident.name === name))
  return chosen.every((incident) => incident !== undefined) ? chosen : null
}

async function startOnCall(): Promise<{ onCall: OnCall; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-incidents-'))
  const inbox = await openInbox()
  const config = join(folder, 'alertmanager.yml')
  writeFileSync(config, deliveringTo(inbox.url, [[/group_interval: 5m/g, 'group_interval: 30s']]))
  const alertmanager = await startAlertmanager(config)
  const gateway = await startGateway()
  const prometheus = await startPrometheus(gateway.descriptor().services, {
    intervalSeconds: INTERVAL_SECONDS,
    alertmanagerUrl: alertmanager.url,
  })
  const stop = async (): Promise<void> => {
    await prometheus.stop()
    await alertmanager.stop()
    await gateway.stop()
    inbox.close()
    rmSync(folder, { recursive: true })
  }
  return { onCall: { gateway, prometheus, inbox }, stop }
}

/** Settles a payment and waits. No notification may come. */
async function staysQuiet({ gateway, inbox }: OnCall, seconds: number): Promise<boolean> {
  const { id } = await gateway.pay('ETH', COIN)
  await gateway.untilStatus(id, 'settled')
  await sleep(seconds * 1_000)
  const sent = [...inbox.pagerDuty.map(({ payload }) => payload.summary), ...inbox.slack.map(({ title }) => title)]
  process.stdout.write(`${sent.length === 0 ? 'ok  ' : 'BAD '} quiet for ${seconds} s ${sent.join('; ')}\n`)
  return sent.length === 0
}

// npm's process passes signals, and its own end, on over IPC.
for (const event of ['message', 'disconnect', 'SIGINT', 'SIGTERM']) process.once(event, () => process.exit(130))

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
