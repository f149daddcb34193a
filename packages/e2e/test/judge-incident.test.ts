import { INCIDENTS } from './incidents/incidents'
import { judgeIncident, type Notification, renderTimeline, type Timeline } from './incidents/judge-incident'

const [INCIDENT] = INCIDENTS
if (INCIDENT === undefined) throw new Error('no incident')
const [RIGHT = ''] = INCIDENT.expected

function timeline(notifications: readonly Notification[], more: Partial<Timeline> = {}): Timeline {
  const times = { firstSignMs: 20_000, firstSign: `${RIGHT} pending`, endedMs: 240_000, resolvedMs: 250_000 }
  return { incident: INCIDENT?.name ?? '', ...times, notifications, ...more }
}

function told(alert: string, more: Partial<Notification> = {}): Notification {
  const text = `*${alert}* (firing)\nRunbook: docs/runbooks/${alert}.md`
  const about = { key: alert, alerts: [alert], title: `[FIRING] ${alert}`, text }
  return { atMs: 150_000, receiver: 'page', resolved: false, ...about, ...more }
}

describe('the judgement of an incident', () => {
  it('finds nothing wrong with one page in time, its update and its resolution', () => {
    const notifications = [told(RIGHT), told(RIGHT, { atMs: 180_000 }), told(RIGHT, { atMs: 280_000, resolved: true })]
    expect(judgeIncident(INCIDENT, timeline(notifications))).toEqual([])
  })

  it('finds silence', () => {
    expect(judgeIncident(INCIDENT, timeline([]))).toEqual([`no page of ${RIGHT}`])
  })

  it('finds a page that comes too late', () => {
    const faults = judgeIncident(INCIDENT, timeline([told(RIGHT, { atMs: 301_000 })]))
    expect(faults).toEqual(['the page came after 5m01s, not within 5 minutes'])
  })

  it('finds a second page of the same incident, and one of something else', () => {
    const notifications = [told(RIGHT), told(RIGHT, { key: 'another' }), told('SweepStuck', { receiver: 'ticket' })]
    expect(judgeIncident(INCIDENT, timeline(notifications))).toEqual([
      '2 notifications of one incident',
      'another ticket after 2m30s: SweepStuck',
    ])
  })

  it('finds an alert that does not end', () => {
    const faults = judgeIncident(INCIDENT, timeline([told(RIGHT)], { resolvedMs: null }))
    expect(faults).toEqual(['not resolved after it ended at 4m00s'])
  })
})

test('a timeline names the first sign, each notification with its text once, and the end', () => {
  const text = renderTimeline(timeline([told(RIGHT), told(RIGHT, { atMs: 180_000 })]), [])
  expect(text.split('\n')).toEqual([
    `ok   ${INCIDENT.name}`,
    `  0m20s   first sign: ${RIGHT} pending`,
    `  2m30s   page: [FIRING] ${RIGHT}`,
    `            *${RIGHT}* (firing)`,
    `            Runbook: docs/runbooks/${RIGHT}.md`,
    `  3m00s   page: [FIRING] ${RIGHT}`,
    '  4m00s   the cause ends',
    '  4m10s   nothing fires that did not before',
    '  notifications: 1',
  ])
})
