import { isLagging, rankProviders, referenceHead } from '../../src/rpc/rank-providers'

const standing = (name: string, headBlock: number | null, penalty = 0) => ({ name, headBlock, penalty })

describe('rankProviders', () => {
  it('keeps the configured order among equals', () => {
    expect(rankProviders([standing('a', 10), standing('b', 11), standing('c', null)], 1_000)).toEqual(['a', 'b', 'c'])
  })

  it('puts who lags behind those up to date', () => {
    expect(rankProviders([standing('a', 10), standing('b', 100), standing('c', 100)], 1_000)).toEqual(['b', 'c', 'a'])
  })

  it('puts who lied behind who lags', () => {
    expect(rankProviders([standing('a', 100, 1), standing('b', 10), standing('c', 100)], 1_000)).toEqual([
      'c',
      'b',
      'a',
    ])
  })

  it('forgives a lie of long ago', () => {
    expect(rankProviders([standing('a', 100, 2 ** -10), standing('b', 100)], 1_000)).toEqual(['a', 'b'])
  })

  it('leaves nobody out', () => {
    expect(rankProviders([standing('a', 1, 50)], 1_000)).toEqual(['a'])
  })

  it('is not fooled by one invented head among three', () => {
    const standings = [standing('a', 100), standing('b', 101), standing('liar', 1_000_000)]
    expect(rankProviders(standings, 1_000)).toEqual(['a', 'b', 'liar'])
  })
})

describe('isLagging', () => {
  it.each([
    [98, 12_000, false],
    [97, 12_000, true],
    [97, 250, false],
    [30, 250, true],
    [101, 12_000, false],
    [null, 12_000, false],
  ])('head %p of 100 at %i ms a block: %p', (head, blockTimeMs, lagging) => {
    expect(isLagging(head, 100, blockTimeMs)).toBe(lagging)
  })
})

describe('referenceHead', () => {
  it.each([
    [[], 0],
    [[null, 5], 5],
    [[5, 9], 9],
    [[5, 9, 7], 7],
  ])('of %j is %i', (heads, reference) => {
    expect(referenceHead(heads)).toBe(reference)
  })
})
