import { parseHash } from '@ctrip/domain/hash'
import {
  type ChainStanding,
  judgeCollecting,
  judgeDeliveries,
  judgeOutbox,
  judgeScanning,
} from '../src/doctor/judge-progress'

const NOW = new Date('2026-01-31T12:00:00Z')
const HASH = parseHash(`0x${'ab'.repeat(32)}`)

describe('what doctor thinks of a chain', () => {
  it('is well while a scanner follows it', () => {
    expect(judgeScanning(standing())).toMatchObject({ ok: true, detail: 'at block 90, 0 behind the newest known' })
  })

  it('is well on a chain that makes no blocks', () => {
    expect(judgeScanning(standing({ updatedAt: minutesAgo(60) }))).toMatchObject({ ok: true })
  })

  it('is well while it catches up', () => {
    expect(judgeScanning(standing({ headNumber: 9_000 }))).toMatchObject({ ok: true })
  })

  it.each([
    ['was never scanned', { ...standing(), state: null }, /chains\.yaml/],
    ['was halted', standing({ haltedReason: 'a reorg below finality' }), /ctrip chains resume --chain anvil/],
    ['has no scanner', { ...standing(), scanned: false }, /start the scanner/],
    ['stands still below a newer head', standing({ headNumber: 91, updatedAt: minutesAgo(3) }), /ScannerStale/],
  ])('is not well where it %s, and says what to do', (_case, chain, remedy) => {
    expect(judgeScanning(chain)).toMatchObject({ ok: false, remedy: expect.stringMatching(remedy) as string })
  })

  it('tells why nothing is collected on it', () => {
    expect(judgeCollecting(standing())).toMatchObject({ ok: true })
    const paused = { ...standing(), pause: 'nonce 7 was used by somebody else' }
    expect(judgeCollecting(paused)).toMatchObject({ ok: false, detail: 'paused: nonce 7 was used by somebody else' })
    expect(judgeCollecting({ ...standing(), collected: false })).toMatchObject({ ok: false })
  })
})

describe('what doctor thinks of queues', () => {
  it('is well while the oldest event waits for less than a minute', () => {
    expect(judgeOutbox({ pending: 5_000, oldestAgeSeconds: 59 })).toMatchObject({ ok: true })
    expect(judgeOutbox({ pending: 1, oldestAgeSeconds: 61 })).toMatchObject({ ok: false })
  })

  it('tells what receivers fail to take, and blames only our own delay', () => {
    const backlog = { due: 3, lagSeconds: 2, deadLetters: 7, circuitsOpen: 1 }
    expect(judgeDeliveries(backlog)).toMatchObject({
      ok: true,
      detail: expect.stringContaining('7 given up') as string,
    })
    expect(judgeDeliveries({ ...backlog, lagSeconds: 61 })).toMatchObject({ ok: false })
  })
})

function standing(state: Partial<NonNullable<ChainStanding['state']>> = {}): ChainStanding {
  if (HASH === null) throw new Error('not a hash')
  const cursor = { number: 90, hash: HASH }
  return {
    chain: 'anvil',
    state: { cursor, headNumber: 90, haltedReason: null, updatedAt: NOW, ...state },
    pause: null,
    scanned: true,
    collected: true,
    now: NOW,
  }
}

function minutesAgo(minutes: number): Date {
  return new Date(NOW.getTime() - minutes * 60_000)
}
