import type { BlockRef } from '@ctrip/chain/blocks/block-ref'
import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import type { BlockClaim } from '@ctrip/chain/head'
import { type Hash, hashFromBytes } from '@ctrip/domain/hash'
import { chooseBranch, isVouchedFor } from '../src/choose-branch'
import { silentLog } from './support/silent-log'

const CURSOR = { number: 10, hash: hashOf('ours') }

describe('a block that does not follow the cursor', () => {
  it('turns the scanner round when more providers have its branch', async () => {
    expect(await choose({ 10: ['ours', 'theirs', 'theirs'] })).toEqual({ kind: 'turn' })
  })

  it('turns it round when as many have either branch, since its own is the longer', async () => {
    expect(await choose({ 10: ['ours', 'theirs'] })).toEqual({ kind: 'turn' })
  })

  it('is left alone when as many have either branch, and its own left ours below finality', async () => {
    const heights = { 4: ['final', 'another final'], 10: ['ours', 'theirs'], 11: ['ours next'] }
    expect(await choose(heights, ['ours next'])).toMatchObject({ kind: 'next', block: { hash: hashOf('ours next') } })
    expect(await choose({ ...heights, 11: [] })).toMatchObject({ kind: 'wait' })
  })

  it.each([
    { what: 'the finalized block is common', finalized: ['final', 'final'] },
    { what: 'one provider does not say what its finalized block is', finalized: ['final'] },
  ])('turns it round when as many have either branch, and $what', async ({ finalized }) => {
    expect(await choose({ 4: finalized, 10: ['ours', 'theirs'] })).toEqual({ kind: 'turn' })
  })

  it('turns it round when more providers have its branch, though it left ours below finality', async () => {
    const heights = { 4: ['final', 'another final', 'another final'], 10: ['ours', 'theirs', 'theirs'] }
    expect(await choose(heights)).toEqual({ kind: 'turn' })
  })

  it('turns it round when the only provider has its branch', async () => {
    expect(await choose({ 10: ['theirs'] })).toEqual({ kind: 'turn' })
  })

  it('turns it round with a quorum of two when two providers have its branch', async () => {
    expect(await choose({ 10: ['ours', 'theirs', 'theirs'] }, [], 2)).toEqual({ kind: 'turn' })
    expect(await choose({ 10: ['ours', 'ours', 'theirs', 'theirs'] }, [], 2)).toEqual({ kind: 'turn' })
  })

  it.each([
    { what: 'one of two has its branch', claims: ['ours', 'theirs'] },
    { what: 'one has its branch, and the others do not answer', claims: ['theirs'] },
    { what: 'no two have the same block', claims: ['ours', 'theirs', 'elsewhere'] },
    { what: 'its branch has the quorum, and ours has more', claims: ['ours', 'ours', 'ours', 'theirs', 'theirs'] },
  ])('is left alone with a quorum of two when $what', async ({ claims }) => {
    expect(await choose({ 10: claims }, [], 2)).toMatchObject({ kind: 'wait' })
    const next = await choose({ 10: claims, 11: ['ours next'] }, ['ours next'], 2)
    expect(next).toMatchObject({ kind: 'next', block: { hash: hashOf('ours next') } })
  })

  it('says whom it waits for', async () => {
    const claims = `${hashOf('ours')} (provider-0), ${hashOf('theirs')} (provider-1), no block (provider-2)`
    const reason = `the providers do not agree on block 10: ${claims}; the quorum is 2, and ${hashOf('ours')} was scanned`
    expect(await choose({ 10: ['ours', 'theirs'] }, [], 2)).toEqual({ kind: 'wait', reason })
  })

  it('turns it round when nobody has the block at the cursor any more', async () => {
    expect(await choose({ 10: ['elsewhere', 'elsewhere'] })).toEqual({ kind: 'turn' })
  })

  it('is left alone when fewer have its branch: ours goes on with its own next block, fetched by hash', async () => {
    const choice = await choose({ 10: ['ours', 'ours', 'theirs'], 11: ['theirs next', 'ours next'] }, ['ours next'])
    expect(choice).toMatchObject({ kind: 'next', block: { number: 11, hash: hashOf('ours next') } })
  })

  it('counts one provider of several as one, however far ahead it is', async () => {
    expect(await choose({ 10: ['theirs', 'ours', 'ours'], 11: ['theirs next'], 12: ['theirs after'] })).toMatchObject({
      kind: 'wait',
    })
  })

  it('is waited out when ours has no next block yet', async () => {
    expect(await choose({ 10: ['ours', 'ours', 'theirs'], 11: ['theirs next'] })).toMatchObject({ kind: 'wait' })
  })

  it('is waited out when the next block of ours is named, and nobody sends it', async () => {
    expect(await choose({ 10: ['ours', 'ours', 'theirs'], 11: ['ours next'] }, [])).toMatchObject({ kind: 'wait' })
  })
})

describe('a block that would halt the chain or orphan much', () => {
  it.each([
    { what: 'the quorum has it', claims: ['theirs', 'theirs'], quorum: 2, counts: true },
    { what: 'fewer than the quorum have it', claims: ['theirs', 'ours'], quorum: 2, counts: false },
    { what: 'the only provider has it', claims: ['theirs'], quorum: 1, counts: true },
    { what: 'one of two has it with a quorum of one', claims: ['theirs', 'ours'], quorum: 1, counts: false },
    { what: 'the provider that named it is of another network', claims: [], quorum: 1, counts: false },
  ])('counts: $counts, when $what', async ({ claims, quorum, counts }) => {
    const steps: string[] = []
    const source = {
      recheck: async () => void steps.push('recheck'),
      async readHeight(number: number) {
        steps.push('read')
        return claims.map((name, at) => claim(number, name, at))
      },
    }
    const block = { number: 10, hash: hashOf('theirs') }
    const signal = new AbortController().signal
    expect(await isVouchedFor({ chain: { quorum }, source }, block, CURSOR.hash, signal)).toBe(counts)
    expect(steps).toEqual(['recheck', 'read'])
  })
})

/** `heights`: what each provider has there. `served`: the blocks that somebody sends. */
function choose(heights: Readonly<Record<number, readonly string[]>>, served: readonly string[] = [], quorum = 1) {
  const source = {
    providers: () => ['provider-0', 'provider-1', 'provider-2'],
    readHeight: (number: number) => Promise.resolve((heights[number] ?? []).map((name, at) => claim(number, name, at))),
    fetchBlock: (ref: BlockRef) => {
      const name = served.find((one) => 'hash' in ref && hashOf(one) === ref.hash)
      return Promise.resolve(name === undefined ? null : block(11, name))
    },
  }
  const deps = { chain: { name: 'test', quorum }, source, log: silentLog }
  return chooseBranch(
    deps,
    { cursor: CURSOR, finalizedNumber: 4 },
    block(11, 'theirs next'),
    new AbortController().signal,
  )
}

function claim(number: number, name: string, at: number): BlockClaim {
  return { provider: `provider-${at}`, number, hash: hashOf(name), parentHash: parentOf(name), timestamp: 0 }
}

function block(number: number, name: string): VerifiedBlock {
  return {
    ...{ number, hash: hashOf(name), parentHash: parentOf(name), timestamp: 0, transactions: [], logs: [] },
    ...{ trust: 'proven', provider: 'provider-0' },
  }
}

/** `ours next` follows `ours`. */
function parentOf(name: string): Hash {
  return hashOf(name.split(' ')[0] ?? '')
}

function hashOf(name: string): Hash {
  return hashFromBytes(Buffer.from(name.padEnd(32, '.')))
}
