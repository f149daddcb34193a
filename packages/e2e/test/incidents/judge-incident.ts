import type { Incident } from './incidents'

/** A notification that a person received: a page's trigger or resolution, or a message in the channel. */
export interface Notification {
  readonly atMs: number
  readonly receiver: 'page' | 'ticket'
  readonly resolved: boolean
  /** Equal for what a person sees as one: updates of a page have the page's key. */
  readonly key: string
  readonly alerts: readonly string[]
  readonly title: string
  readonly text: string
}

/** Times since the incident began, in milliseconds; null: it did not happen. */
export interface Timeline {
  readonly incident: string
  readonly firstSignMs: number | null
  readonly firstSign: string | null
  readonly notifications: readonly Notification[]
  readonly endedMs: number
  readonly resolvedMs: number | null
}

/** The faults of the notifications, in words; none if all is right. */
export function judgeIncident(incident: Incident, { notifications, resolvedMs, endedMs }: Timeline): string[] {
  const { expected, receiver, withinMinutes } = incident
  const sent = notifications.filter(({ resolved }) => !resolved)
  const right = sent.filter((one) => one.receiver === receiver && one.alerts.some((alert) => expected.includes(alert)))
  const others = sent.filter((one) => !right.includes(one))
  const faults: string[] = []
  const [first] = right
  const keys = new Set(right.map(({ key }) => key))
  if (first === undefined) faults.push(`no ${receiver} of ${expected.join(' or ')}`)
  else if (first.atMs > withinMinutes * 60_000)
    faults.push(`the ${receiver} came after ${minutes(first.atMs)}, not within ${withinMinutes} minutes`)
  if (keys.size > 1) faults.push(`${keys.size} notifications of one incident`)
  for (const { alerts, receiver: to, atMs } of others)
    faults.push(`another ${to} after ${minutes(atMs)}: ${alerts.join(', ')}`)
  if (resolvedMs === null) faults.push(`not resolved after it ended at ${minutes(endedMs)}`)
  return faults
}

/** The timeline in lines for people. */
export function renderTimeline(timeline: Timeline, faults: readonly string[]): string {
  const { incident, firstSignMs, firstSign, notifications, endedMs, resolvedMs } = timeline
  const at = (ms: number | null, text: string) => `  ${ms === null ? '   –   ' : minutes(ms).padEnd(7)} ${text}`
  const lines = notifications.flatMap(({ atMs, receiver, key, resolved, title, text }, n) => [
    at(atMs, `${receiver}${resolved ? ' resolved' : ''}: ${title}`),
    ...(resolved || notifications.findIndex((one) => one.key === key) < n
      ? []
      : text
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => `            ${line}`)),
  ])
  return [
    `${faults.length === 0 ? 'ok  ' : 'BAD '} ${incident}`,
    at(firstSignMs, `first sign: ${firstSign ?? 'none'}`),
    ...lines,
    at(endedMs, 'the cause ends'),
    at(resolvedMs, 'nothing fires that did not before'),
    `  notifications: ${new Set(notifications.filter(({ resolved }) => !resolved).map(({ key }) => key)).size}`,
    ...faults.map((fault) => `  fault: ${fault}`),
  ].join('\n')
}

function minutes(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`
}
