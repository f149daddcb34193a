import { agreedHead, askHeads, type BlockClaim, countAgreeing, readHeight, readTag } from '../src/head'
import type { RpcPool } from '../src/rpc/rpc-pool'
import { hashOf } from './helpers/known'
import { type Lab, openLab, poolOf } from './helpers/lab'
import { type StandIn, startProxy } from './helpers/proxy'

let lab: Lab
let first: StandIn
let second: StandIn
let pool: RpcPool

beforeAll(async () => {
  lab = await openLab({ slotsInAnEpoch: 1 })
  await lab.provider.send('anvil_mine', ['0xa'])
  first = await startProxy(lab.anvil.url)
  second = await startProxy(lab.anvil.url)
  pool = poolOf([
    { name: 'first', url: first.url },
    { name: 'second', url: second.url },
  ])
})
afterAll(async () => {
  await pool.close()
  await Promise.all([first.close(), second.close(), lab.close()])
})

describe('readTag', () => {
  it("tells every provider's head", async () => {
    expect((await readTag(pool, 'latest')).map(({ provider, number }) => [provider, number])).toEqual([
      ['first', 10],
      ['second', 10],
    ])
  })

  it('tells what is safe and final', async () => {
    expect((await readTag(pool, 'safe')).map(({ number }) => number)).toEqual([9, 9])
    expect((await readTag(pool, 'finalized')).map(({ number }) => number)).toEqual([8, 8])
  })

  it('leaves out who fails, knows no such tag, or talks nonsense', async () => {
    for (const answer of [{ status: 500 }, { result: null }, { result: { number: 'ten' } }]) {
      first.behave(() => answer)
      expect((await readTag(pool, 'latest')).map(({ provider }) => provider)).toEqual(['second'])
    }
  })

  it.each([
    ['0x7fffffffffff', 'beyond what a Date holds'],
    ['0x20000000000000', 'no safe integer'],
    [`0x${Math.round(Date.now() / 1_000 + 90_000).toString(16)}`, 'more than a day ahead'],
  ])('takes no claim of a block dated %s, %s', async (timestamp) => {
    first.behave(async ({ method }, honest) => {
      const result = await honest()
      return { result: method === 'eth_getBlockByNumber' ? { ...(result as object), timestamp } : result }
    })
    expect((await readTag(pool, 'latest')).map(({ provider }) => provider)).toEqual(['second'])
    expect(await askHeads(pool)).toMatchObject([
      { provider: 'first', claim: null, error: 'an answer that is no block, or is dated in the future' },
      { provider: 'second', error: null },
    ])
  })

  it('notices who lags, and asks them last', async () => {
    first.behave(async (_request, honest) => ({ result: await honest() }))
    await lab.provider.send('anvil_mine', ['0x64'])
    second.behave(async (_request, honest) => ({ result: { ...((await honest()) as object), number: '0x1' } }))
    await readTag(pool, 'latest')
    expect(pool.status()).toMatchObject([
      { name: 'first', headBlock: 110, lagBlocks: 0, lagging: false },
      { name: 'second', headBlock: 1, lagBlocks: 109, lagging: true },
    ])
  })
})

describe('readHeight', () => {
  it('tells which block each provider has at a height, and believes none that tells of another', async () => {
    second.behave(async (_request, honest) => ({ result: { ...((await honest()) as object), number: '0x1' } }))
    const claims = await readHeight(pool, 5)
    expect(claims.map(({ provider, number }) => [provider, number])).toEqual([['first', 5]])
  })

  it('is empty above the head', async () => {
    second.behave(async (_request, honest) => ({ result: await honest() }))
    expect(await readHeight(pool, 5_000)).toEqual([])
  })
})

describe('agreement', () => {
  const claim = (provider: string, number: number, digit = '1'): BlockClaim => ({
    provider,
    number,
    hash: hashOf(`0x${digit.repeat(64)}`),
    parentHash: hashOf(`0x${'0'.repeat(64)}`),
    timestamp: 0,
  })
  const claims = [claim('a', 100), claim('liar', 9_000), claim('b', 101)]

  it.each([
    [1, 9_000],
    [2, 101],
    [3, 100],
    [4, undefined],
  ])('with a quorum of %i the head is %p', (quorum, number) => {
    expect(agreedHead(claims, quorum)?.number).toBe(number)
  })

  it('counts the providers that have the same block', () => {
    expect(
      countAgreeing([claim('a', 5, '1'), claim('b', 5, '2'), claim('c', 5, '1')], hashOf(`0x${'1'.repeat(64)}`)),
    ).toBe(2)
  })
})
