import type { ChainFacts, ChainObservation } from '@ctrip/domain/chain-standing'
import {
  type ChainDuties,
  judgeCollecting,
  judgeDeliveries,
  judgeOutbox,
  judgeReceivers,
  judgeScanning,
} from '../src/doctor/judge-progress'

const NOW = new Date('2026-01-31T12:00:00Z')
const DOWN = { providers: [{ name: 'main', head: null, error: 'timeout' }] }

describe('what doctor thinks of a chain', () => {
  it('is well while a scanner follows it', () => {
    const detail = 'at block 90, 0 behind the newest known (90)'
    expect(judgeScanning(duties())).toMatchObject({ ok: true, detail })
  })

  it('is well on a chain whose blocks have not moved the cursor for an hour, while its head is new', () => {
    expect(judgeScanning(duties({}, { cursor: cursorOf(60) }))).toMatchObject({ ok: true })
  })

  it.each<[string, ChainDuties, RegExp, RegExp]>([
    ['was never scanned', duties({}, { cursor: null, observation: null }), /never been scanned/, /chains\.yaml/],
    ['was halted', duties({}, { haltedReason: 'a deep reorg' }), /a deep reorg/, /ctrip chains resume --chain anvil/],
    ['has no scanner', { ...duties(), scanned: false }, /no scanner/, /start the scanner/],
    ['catches up', duties({ head: headAt(9_000) }), /8910 behind.*catching up/, /ScannerLagging/],
    [
      'stands still below a newer head',
      duties({ head: headAt(91), apartSince: minutesAgo(3), failure: failure() }, { cursor: cursorOf(3) }),
      /1 behind the newest known \(91\); stalled since 2026-01-31T11:57:00.000Z: block 91: refused/,
      /ScannerStale/,
    ],
    [
      'has no provider that answers',
      duties({ ...DOWN, head: headAt(90, 3) }),
      /no provider answers \(main: timeout\); providers: main timeout/,
      /providers that do not answer.*ChainRpcDown/,
    ],
    [
      'was reset',
      duties({ head: headAt(3), apartSince: minutesAgo(3) }, { cursor: cursorOf(3) }),
      /is 3, below block 90/,
      /needs a new database/,
    ],
    [
      'has a provider that tells the same old block',
      duties({ head: { number: 90, time: minutesAgo(5), readAt: NOW } }, { cursor: cursorOf(5) }),
      /stalled since 2026-01-31T11:55:00.000Z: the newest block that its providers agree on \(90\) is from .*; providers: main at 90/,
      /ChainStalled/,
    ],
  ])('is not well where it %s, and says why and what to do', (_case, chain, detail, remedy) => {
    expect(judgeScanning(chain)).toMatchObject({
      ok: false,
      detail: expect.stringMatching(detail) as string,
      remedy: expect.stringMatching(remedy) as string,
    })
  })

  it('tells why nothing is collected on it', () => {
    expect(judgeCollecting(duties())).toMatchObject({ ok: true })
    const paused = { ...duties(), pause: 'nonce 7 was used by somebody else' }
    expect(judgeCollecting(paused)).toMatchObject({ ok: false, detail: 'paused: nonce 7 was used by somebody else' })
    expect(judgeCollecting({ ...duties(), collected: false })).toMatchObject({ ok: false })
  })
})

describe('what doctor thinks of queues', () => {
  it('is well while the oldest event waits for less than a minute', () => {
    expect(judgeOutbox({ pending: 5_000, oldestAgeSeconds: 59 })).toMatchObject({ ok: true })
    expect(judgeOutbox({ pending: 1, oldestAgeSeconds: 61 })).toMatchObject({ ok: false })
  })

  it('judges our own delay apart from what receivers fail to take', () => {
    const backlog = { due: 3, lagSeconds: 2, deadLetters: 0, circuitsOpen: 0, failing: 0 }
    expect(judgeDeliveries({ ...backlog, deadLetters: 7, failing: 2 })).toMatchObject({ ok: true })
    expect(judgeDeliveries({ ...backlog, lagSeconds: 61 })).toMatchObject({ ok: false })
    expect(judgeReceivers(backlog)).toMatchObject({ ok: true })
    for (const bad of [{ deadLetters: 7 }, { circuitsOpen: 1 }, { failing: 1 }])
      expect(judgeReceivers({ ...backlog, ...bad })).toMatchObject({ ok: false })
  })
})

function duties(observation: Partial<ChainObservation> = {}, facts: Partial<ChainFacts> = {}): ChainDuties {
  const known: ChainObservation = {
    ...{ blockTimeMs: 1_000, triedSince: minutesAgo(600), askedAt: NOW, head: headAt(90), apartSince: null },
    ...{ providers: [{ name: 'main', head: 90, error: null }], succeededAt: NOW, failure: null },
    ...observation,
  }
  return {
    ...{ chain: 'anvil', pause: null, scanned: true, collected: true },
    facts: { at: NOW, cursor: cursorOf(0), haltedReason: null, observation: known, ...facts },
  }
}

function cursorOf(movedMinutesAgo: number): ChainFacts['cursor'] {
  return { number: 90, time: NOW, movedAt: minutesAgo(movedMinutesAgo) }
}

function headAt(number: number, readMinutesAgo = 0): ChainObservation['head'] {
  return { number, time: NOW, readAt: minutesAgo(readMinutesAgo) }
}

function failure(): ChainObservation['failure'] {
  return { since: minutesAgo(3), reason: 'block 91: refused', count: 40 }
}

function minutesAgo(minutes: number): Date {
  return new Date(NOW.getTime() - minutes * 60_000)
}
