import type { BlockRef } from '@ctrip/chain/blocks/block-ref'
import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import type { BlockClaim } from '@ctrip/chain/head'
import { type Hash, hashFromBytes } from '@ctrip/domain/hash'
import { chooseBranch } from '../src/choose-branch'
import { silentLog } from './support/silent-log'

const CURSOR = { number: 10, hash: hashOf('ours') }

describe('a block that does not follow the cursor', () => {
  it('turns the scanner round when more providers have its branch', async () => {
    expect(await choose({ 10: ['ours', 'theirs', 'theirs'] })).toEqual({ kind: 'turn' })
  })

  it('turns it round when as many have either branch, since its own is the longer', async () => {
    expect(await choose({ 10: ['ours', 'theirs'] })).toEqual({ kind: 'turn' })
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
    const reason =
      'provider-0 has another branch at block 10: of the quorum of 2, 1 have it, and 1 have the block that was scanned'
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

/** `heights`: what each provider has there. `served`: the blocks that somebody sends. */
function choose(heights: Readonly<Record<number, readonly string[]>>, served: readonly string[] = [], quorum = 1) {
  const source = {
    readHeight: (number: number) => Promise.resolve((heights[number] ?? []).map((name, at) => claim(number, name, at))),
    fetchBlock: (ref: BlockRef) => {
      const name = served.find((one) => 'hash' in ref && hashOf(one) === ref.hash)
      return Promise.resolve(name === undefined ? null : block(11, name))
    },
  }
  const deps = { chain: { name: 'test', quorum }, source, log: silentLog }
  return chooseBranch(deps, { cursor: CURSOR }, block(11, 'theirs next'), new AbortController().signal)
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
