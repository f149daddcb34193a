import {
  type ChainFacts,
  type ChainObservation,
  chainStanding,
  type ProviderHead,
  stallPatienceMs,
} from '../src/chain-standing'

const AT = new Date('2026-01-31T12:00:00Z')
const PROVIDERS = [{ name: 'main', head: 120, error: null }]

describe('how far a chain is behind', () => {
  it('is the newest head known less the cursor, also while no cycle succeeds', () => {
    const standing = chainStanding(facts({ head: 120, failingFor: 5 }))
    expect(standing).toMatchObject({ headBlock: 120, lagBlocks: 20, lagSeconds: 20, headAgeSeconds: 1 })
  })

  it('is never below 0, when the cursor has passed the last observation', () => {
    expect(chainStanding(facts({ head: 99 }))).toMatchObject({ headBlock: 100, lagBlocks: 0, lagSeconds: 0 })
  })

  it('is unknown before a provider has told a head, and before a block was committed', () => {
    expect(chainStanding(facts({ head: null }))).toMatchObject({ headBlock: null, lagBlocks: null, lagSeconds: null })
    expect(chainStanding({ ...facts({}), cursor: null })).toMatchObject({ headBlock: 100, lagBlocks: null })
    const unobserved = chainStanding({ ...facts({}), observation: null })
    expect(unobserved).toMatchObject({ lagBlocks: null, lastSuccess: null, stalled: null })
  })

  it('is catching up while the cursor moves far below the head', () => {
    expect(chainStanding(facts({ head: 900, apartFor: 600 }))).toMatchObject({ catchingUp: true, stalled: null })
    expect(chainStanding(facts({ head: 110, apartFor: 600 })).catchingUp).toBe(false)
  })
})

describe('a head that one provider alone claims', () => {
  const at = (heads: readonly (number | null)[], head: number, blockTimeMs = 1_000): ChainFacts => {
    const providers = heads.map((one, n) => ({ name: `p${n}`, head: one, error: one === null ? 'timeout' : null }))
    const known = facts({ head, blockTimeMs })
    return { ...known, cursor: cursorAt(100), observation: { ...observationOf(known), providers } }
  }

  it.each([
    { what: 'reads as an unknown lag, not as 0, above the head that counts', heads: [100, 900], head: 100, lag: null },
    { what: 'reads as an unknown lag beside two that agree', heads: [900, 100, 100], head: 100, lag: null },
    { what: 'leaves a lag that counts', heads: [120, 900], head: 120, lag: 20 },
    { what: 'is named where a quorum of one follows it', heads: [900, 100], head: 900, lag: 800 },
  ])('$what', ({ heads, head, lag }) => {
    const claim = { block: 900, providers: [`p${heads.indexOf(900)}`] }
    expect(chainStanding(at(heads, head))).toMatchObject({ headBlock: head, lagBlocks: lag, headClaim: claim })
  })

  it.each([
    { what: 'is within seconds of the others', heads: [130, 100], head: 100, blockTimeMs: 1_000 },
    { what: 'is of a chain with many blocks a second', heads: [200, 100], head: 100, blockTimeMs: 250 },
    { what: 'is of the only provider', heads: [900], head: 900, blockTimeMs: 1_000 },
    { what: 'is of the only provider that responds', heads: [900, null], head: 900, blockTimeMs: 1_000 },
    { what: 'has the quorum', heads: [900, 900], head: 900, blockTimeMs: 1_000 },
  ])('is no claim where it $what', ({ heads, head, blockTimeMs }) => {
    expect(chainStanding(at(heads, head, blockTimeMs))).toMatchObject({ headClaim: null, lagBlocks: head - 100 })
  })
})

describe('a chain is stalled', () => {
  it.each<[string, Partial<Given>, number, string]>([
    ['when no scanner asks', { askedFor: 40 }, 40, 'no scanner has asked its providers since then'],
    ['when no provider answers', { head: 100, readFor: 40, down: true }, 40, 'no provider answers (main: timeout)'],
    [
      'when no provider ever answered',
      { head: null, triedFor: 40, down: true },
      40,
      'no provider answers (main: timeout)',
    ],
    [
      'when the head is above a cursor that stands',
      { head: 120, apartFor: 50, movedFor: 40 },
      40,
      'the scanner commits no block',
    ],
    [
      'when each cycle fails, and says why',
      { head: 120, apartFor: 40, movedFor: 900, failingFor: 35 },
      40,
      'block 101: refused',
    ],
    ['when blocks are committed and payments are not confirmed', { failingFor: 40 }, 40, 'block 101: refused'],
    [
      'when the node is below what was scanned',
      { head: 7, apartFor: 40, movedFor: 60 },
      40,
      'the newest block of its providers is 7, below block 100, which was scanned: the chain was reset, or its nodes have lost data',
    ],
    [
      'when its provider answers with the same old block',
      { head: 120, headFor: 130, movedFor: 129 },
      130,
      'the newest block that its providers agree on (120) is from 2026-01-31T11:57:50.000Z: the chain or its providers stand still',
    ],
  ])('%s', (_case, given, seconds, reason) => {
    expect(chainStanding(facts(given)).stalled).toMatchObject({ since: secondsAgo(seconds), reason })
  })

  it('from the first try on, where its first block is never committed', () => {
    const { stalled } = chainStanding({ ...facts({ triedFor: 40, failingFor: 20 }), cursor: null })
    expect(stalled).toMatchObject({ since: secondsAgo(40), reason: 'block 101: refused' })
  })

  it('names too few providers for the quorum, and the heads of those that answer', () => {
    const providers = [...PROVIDERS, { name: 'second', head: null, error: 'HTTP 403' }]
    const observation = { ...facts({ readFor: 40 }).observation, providers } as ChainObservation
    const { stalled } = chainStanding({ ...facts({}), observation })
    expect(stalled?.reason).toBe('too few providers answer, 1 of 2 (second: HTTP 403)')
    expect(stalled?.providers).toEqual(providers)
  })

  it.each<[string, Partial<Given>]>([
    ['while the cursor is at the head of a quiet chain', { headFor: 115, movedFor: 114 }],
    ['where blocks are slow, and the newest is less than 20 block times old', { headFor: 230, blockTimeMs: 12_000 }],
    ['for a head that is dated ahead of our clock', { headFor: -60 }],
    ['right after a long silence of the chain', { head: 101, movedFor: 9_000, apartFor: 5 }],
    ['within a reorg', { head: 98, movedFor: 9_000, apartFor: 5 }],
    ['after one failure', { head: 120, apartFor: 600, failingFor: 3 }],
  ])('not %s', (_case, given) => {
    expect(chainStanding(facts(given)).stalled).toBeNull()
  })

  it('names who is behind, where one provider claims a newer head than the agreed one', () => {
    const providers = [behind('b', 436), behind('c', 530), { name: 'd', head: null, error: 'timeout' }]
    const known = facts({ head: 436, headFor: 130 })
    const told = chainStanding({ ...known, cursor: cursorAt(436), observation: { ...observationOf(known), providers } })
    expect(told.stalled?.reason).toMatch(/stand still \(b is at 436, c is at 530\)$/)
    const near = [behind('b', 436), behind('c', 438)]
    const beside = { ...known, cursor: cursorAt(436), observation: { ...observationOf(known), providers: near } }
    expect(chainStanding(beside).stalled?.reason).toMatch(/stand still$/)
  })

  it('later, by its newest block, where blocks are slow', () => {
    expect(chainStanding(facts({ headFor: 250, blockTimeMs: 12_000 })).stalled).not.toBeNull()
  })

  it('not while it is halted, which has a reason of its own', () => {
    const halted = { ...facts({ head: 120, apartFor: 90, movedFor: 90 }), haltedReason: 'a deep reorg' }
    expect(chainStanding(halted).stalled).toBeNull()
  })

  it('only after several block times, where blocks are slow', () => {
    expect(stallPatienceMs(1_000)).toBe(30_000)
    const slow = { head: 101, apartFor: 50, movedFor: 50, blockTimeMs: 12_000 }
    expect(chainStanding(facts(slow)).stalled).toBeNull()
    expect(chainStanding(facts({ ...slow, apartFor: 70, movedFor: 70 })).stalled).not.toBeNull()
  })
})

function behind(name: string, head: number): ProviderHead {
  return { name, head, error: null }
}

function cursorAt(number: number): ChainFacts['cursor'] {
  return { number, time: AT, movedAt: AT }
}

function observationOf({ observation }: ChainFacts): ChainObservation {
  if (observation === null) throw new Error('nothing was observed')
  return observation
}

/** Seconds before now. */
interface Given {
  readonly head: number | null
  /** The age of the head's block. */
  readonly headFor: number
  readonly readFor: number
  readonly askedFor: number
  readonly triedFor: number
  readonly movedFor: number
  readonly apartFor: number | null
  readonly failingFor: number | null
  readonly down: boolean
  readonly blockTimeMs: number
}

function facts(given: Partial<Given>): ChainFacts {
  const { head = 100, readFor = 1, askedFor = 1, triedFor = 9_000, movedFor = 1 } = given
  const { apartFor = null, failingFor = null, down = false, blockTimeMs = 1_000, headFor = 0 } = given
  return {
    at: AT,
    cursor: { number: 100, time: secondsAgo(head === null ? 0 : Math.abs(head - 100)), movedAt: secondsAgo(movedFor) },
    haltedReason: null,
    observation: {
      blockTimeMs,
      triedSince: secondsAgo(triedFor),
      askedAt: secondsAgo(askedFor),
      head: head === null ? null : { number: head, time: secondsAgo(headFor), readAt: secondsAgo(readFor) },
      apartSince: apartFor === null ? null : secondsAgo(apartFor),
      providers: down ? [{ name: 'main', head: null, error: 'timeout' }] : PROVIDERS,
      succeededAt: null,
      failure: failingFor === null ? null : { since: secondsAgo(failingFor), reason: 'block 101: refused', count: 3 },
    },
  }
}

function secondsAgo(seconds: number): Date {
  return new Date(AT.getTime() - seconds * 1000)
}
