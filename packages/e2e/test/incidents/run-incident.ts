import { setTimeout as sleep } from 'node:timers/promises'
import type { Inbox } from '../../../observability/test/fixtures/notification-inbox'
import type { Gateway } from '../support/gateway'
import type { Prometheus } from '../support/prometheus'
import type { Incident } from './incidents'
import type { Notification, Timeline } from './judge-incident'

/** The gateway, and the way from its metrics to people. */
export interface OnCall {
  readonly gateway: Gateway
  readonly prometheus: Prometheus
  readonly inbox: Inbox
}

const LOOK_EVERY_MS = 1_000
/** After the first notification, time for others to come that should not. */
const QUIET_AFTER_MS = 60_000
const RESOLVED_WITHIN_MS = 6 * 60_000
/** Longer than a group of alerts waits before it is sent again. */
const RESOLUTIONS_WITHIN_MS = 60_000

/** Provokes an incident, watches until its notification comes, ends it, and watches until it is resolved. */
export async function runIncident(onCall: OnCall, incident: Incident): Promise<Timeline> {
  const { gateway, prometheus, inbox } = onCall
  const before = new Set((await prometheus.alerts()).map(keyOf))
  const notifications = receive(inbox)
  const startedAt = Date.now()
  const end = await incident.begin(gateway)
  let firstSign: { readonly atMs: number; readonly alert: string } | null = null
  let endedMs = 0
  const elapsed = () => Date.now() - startedAt
  const giveUpMs = (incident.withinMinutes + 1) * 60_000
  try {
    for (;;) {
      const news = (await prometheus.alerts()).filter((alert) => !before.has(keyOf(alert)))
      if (firstSign === null && news[0] !== undefined)
        firstSign = { atMs: elapsed(), alert: `${news[0].labels.alertname} ${news[0].state}` }
      const right = notifications.since(startedAt).find((one) => isRight(incident, one))
      if (right !== undefined && elapsed() - right.atMs > QUIET_AFTER_MS) break
      if (elapsed() > giveUpMs) break
      await sleep(LOOK_EVERY_MS)
    }
  } finally {
    await end()
    endedMs = elapsed()
  }
  const resolvedMs = await untilResolved(prometheus, before, elapsed)
  await untilResolutionsSent(() => notifications.since(startedAt))
  return {
    incident: incident.name,
    firstSignMs: firstSign?.atMs ?? null,
    firstSign: firstSign?.alert ?? null,
    notifications: notifications.since(startedAt),
    endedMs,
    resolvedMs,
  }
}

async function untilResolved(
  prometheus: Prometheus,
  before: ReadonlySet<string>,
  elapsed: () => number,
): Promise<number | null> {
  const giveUpMs = elapsed() + RESOLVED_WITHIN_MS
  while (elapsed() < giveUpMs) {
    const firing = (await prometheus.alerts()).filter((alert) => alert.state === 'firing' && !before.has(keyOf(alert)))
    if (firing.length === 0) return elapsed()
    await sleep(LOOK_EVERY_MS)
  }
  return null
}

/** Each notification has its resolution in the timeline of its own incident. */
async function untilResolutionsSent(sent: () => readonly Notification[]): Promise<void> {
  const giveUpAt = Date.now() + RESOLUTIONS_WITHIN_MS
  while (Date.now() < giveUpAt) {
    const all = sent()
    const resolved = new Set(all.filter((one) => one.resolved).map(({ key }) => key))
    if (all.every(({ key }) => resolved.has(key))) return
    await sleep(LOOK_EVERY_MS)
  }
}

function isRight({ expected, receiver }: Incident, one: Notification): boolean {
  return !one.resolved && one.receiver === receiver && one.alerts.some((alert) => expected.includes(alert))
}

function keyOf({ labels }: { readonly labels: Readonly<Record<string, string>> }): string {
  return JSON.stringify(Object.entries(labels).toSorted(([one], [other]) => one.localeCompare(other)))
}

/** The notifications that the inbox receives from now on. */
function receive({ pagerDuty, slack }: Inbox) {
  const from = { pagerDuty: pagerDuty.length, slack: slack.length }
  return {
    since(startedAt: number): Notification[] {
      const pages = pagerDuty.slice(from.pagerDuty).map((event): Notification => {
        const { summary: title, custom_details } = event.payload
        const [text, resolved] = [custom_details.alerts, event.event_action === 'resolve']
        const about = { key: event.dedup_key, alerts: namesIn(text), title, text }
        return { atMs: event.atMs - startedAt, receiver: 'page', resolved, ...about }
      })
      const messages = slack.slice(from.slack).map(({ atMs, title, text }): Notification => {
        const about = { key: namesIn(text).join(), alerts: namesIn(text), title, text }
        return { atMs: atMs - startedAt, receiver: 'ticket', resolved: title.startsWith('[RESOLVED]'), ...about }
      })
      return [...pages, ...messages].toSorted((one, other) => one.atMs - other.atMs)
    },
  }
}

/** The alerts of a text, by the runbooks that it names. */
function namesIn(text: string): string[] {
  return [...new Set([...text.matchAll(/docs\/runbooks\/(\w+)\.md/g)].map(([, name = '']) => name))]
}
