import { parseHash } from '@ctrip/domain/hash'
import { type BlockRefusal, fetchBlock, UnverifiedBlockError } from '../../src/blocks/fetch-block'
import { RetryableRpcError } from '../../src/rpc/rpc-error'
import type { RpcPool } from '../../src/rpc/rpc-pool'
import { mineEveryKind } from '../helpers/every-kind'
import { type Lab, openLab, poolOf } from '../helpers/lab'
import { type Behaviour, HONEST, type StandIn, startProxy } from '../helpers/proxy'

const PROOF = { verify: 'proof', quorum: 1 } as const
const QUORUM = { verify: 'proof', quorum: 2 } as const

let lab: Lab
let height: number
let hash: string
let first: StandIn
let second: StandIn
let pool: RpcPool

beforeAll(async () => {
  lab = await openLab()
  const raw = await mineEveryKind(lab)
  height = Number(raw.block['number'])
  hash = String(raw.block['hash'])
})
afterAll(() => lab.close())

beforeEach(async () => {
  first = await startProxy(lab.anvil.url)
  second = await startProxy(lab.anvil.url)
  pool = poolOf([
    { name: 'first', url: first.url },
    { name: 'second', url: second.url },
  ])
  await pool.each('eth_chainId', []) // both are checked
  for (const { asked } of [first, second]) asked.splice(0)
})
afterEach(async () => {
  await pool.close()
  await Promise.all([first.close(), second.close()])
})

/** Honest but for what it makes of one method's result. */
const twist =
  (method: string, change: (result: unknown) => unknown): Behaviour =>
  async (request, honest) => ({ result: request.method === method ? change(await honest()) : await honest() })

const asObject = (value: unknown) => value as Record<string, unknown>
const withoutLogs = twist('eth_getBlockReceipts', (result) =>
  (result as unknown[]).map((one) => ({ ...asObject(one), logs: [] })),
)
const asFuture = twist('eth_getBlockByNumber', (result) => ({
  ...asObject(result),
  gasUsed: '0x1',
  futureField: '0x1',
}))

function refusing(answer: ReturnType<Behaviour>): Behaviour {
  return async (request, honest) => (request.method === 'eth_getBlockReceipts' ? answer : { result: await honest() })
}

/** The same, and alike for receipts that are asked for one by one. */
const withoutReceipts =
  (behaviour: Behaviour): Behaviour =>
  (request, honest) =>
    request.method === 'eth_getTransactionReceipt' ? { result: null } : behaviour(request, honest)

function hashOf(text: string) {
  const parsed = parseHash(text)
  if (parsed === null) throw new Error('no hash')
  return parsed
}

describe('fetchBlock', () => {
  it('takes two requests for a block, from one provider', async () => {
    await expect(fetchBlock(pool, PROOF, { number: height })).resolves.toMatchObject({
      hash,
      trust: 'proven',
      provider: 'first',
    })
    expect(first.asked).toEqual(['eth_getBlockByNumber', 'eth_getBlockReceipts'])
    expect(second.asked).toEqual([])
  })

  it('fetches by hash too', async () => {
    await expect(fetchBlock(pool, PROOF, { hash: hashOf(hash) })).resolves.toMatchObject({ number: height })
  })

  it('asks the next provider when a copy is refused, and names provider and check', async () => {
    first.behave(withoutLogs)
    const refusals: BlockRefusal[] = []
    const block = await fetchBlock(pool, PROOF, { number: height }, { onRefusal: (refusal) => refusals.push(refusal) })
    expect(block).toMatchObject({ provider: 'second', trust: 'proven' })
    expect(refusals).toEqual([expect.objectContaining({ provider: 'first', check: 'receipts_root' })])
  })

  it('asks who lied last, from then on', async () => {
    first.behave(withoutLogs)
    await fetchBlock(pool, PROOF, { number: height })
    expect(pool.ranking()).toEqual(['second', 'first'])
  })

  it('throws when every copy is refused', async () => {
    first.behave(withoutLogs)
    second.behave(withoutLogs)
    const attempt = fetchBlock(pool, PROOF, { number: height })
    await expect(attempt).rejects.toBeInstanceOf(UnverifiedBlockError)
    await expect(attempt).rejects.toThrow(/first: receipts_root.*second: receipts_root/)
  })

  it('is not talked out of a proof by a lie dressed up as a future fork', async () => {
    first.behave(asFuture)
    const refusals: BlockRefusal[] = []
    const block = await fetchBlock(pool, PROOF, { number: height }, { onRefusal: (refusal) => refusals.push(refusal) })
    expect(block).toMatchObject({ trust: 'proven', provider: 'second' })
    expect(refusals).toEqual([expect.objectContaining({ provider: 'first', check: 'not_provable' })])
  })

  it('takes as agreed, with the reason, what two providers tell alike and none can prove', async () => {
    first.behave(asFuture)
    second.behave(asFuture)
    await expect(fetchBlock(pool, QUORUM, { number: height })).resolves.toMatchObject({
      trust: 'agreed',
      notProvable: 'unknown header fields: futureField',
    })
  })

  it('compares the contents at all providers where no proof is asked for', async () => {
    const block = await fetchBlock(pool, { verify: 'structural', quorum: 2 }, { number: height })
    expect(block).toMatchObject({ trust: 'agreed', provider: 'first' })
    expect(block).not.toHaveProperty('notProvable')
    second.behave(withoutLogs)
    await expect(fetchBlock(pool, { verify: 'structural', quorum: 2 }, { number: height })).rejects.toThrow(
      /not the same contents at 2 providers: first has contents .*; second has contents/,
    )
  })

  it.each<[string, Behaviour]>([
    ['limits its rate', () => ({ status: 429 })],
    ['fails', () => ({ status: 503 })],
    ['has no receipts yet', twist('eth_getBlockReceipts', () => null)],
    ['does not have the block', twist('eth_getBlockByNumber', () => null)],
  ])('waits with a copy that cannot be proven while the other provider %s', async (_, behaviour) => {
    first.behave(asFuture)
    second.behave(withoutReceipts(behaviour))
    const attempt = fetchBlock(pool, QUORUM, { number: height })
    await expect(attempt).rejects.toBeInstanceOf(RetryableRpcError)
    await expect(attempt).rejects.toThrow(/first has contents .*; second (could not be asked|has no such block)/)
  })

  it('says of a provider that is paused that it could not be asked', async () => {
    second.behave(() => ({ status: 429, headers: { 'retry-after': '60' } }))
    await pool.call('eth_chainId', [], { provider: 'second' }).catch(() => undefined)
    first.behave(asFuture)
    await expect(fetchBlock(pool, QUORUM, { number: height })).rejects.toThrow(
      /second could not be asked: it is paused/,
    )
  })

  it('takes one provider at its word only where the quorum is one and no other tells otherwise', async () => {
    first.behave(asFuture)
    second.behave(() => ({ status: 503 }))
    await expect(fetchBlock(pool, PROOF, { number: height })).resolves.toMatchObject({ trust: 'single_word' })
    second.behave(twist('eth_getBlockByNumber', (result) => ({ ...asObject(result), mixHash: null, timestamp: '0x1' })))
    await expect(fetchBlock(pool, PROOF, { number: height })).rejects.toThrow('not the same contents at 2 providers')
  })

  it('takes a block that an operator accepted, unless the copies of it differ', async () => {
    first.behave(twist('eth_getBlockByNumber', (result) => ({ ...asObject(result), gasUsed: '0x1' })))
    second.behave(() => ({ status: 503 }))
    const isAccepted = async (accepted: string) => accepted === hash
    const accept = (ref: Parameters<typeof fetchBlock>[2]) => fetchBlock(pool, PROOF, ref, { isAccepted })
    await expect(fetchBlock(pool, PROOF, { number: height })).rejects.toThrow(
      `header_hash, the header has another hash block ${height} ${hash}`,
    )
    await expect(accept({ number: height })).resolves.toMatchObject({ trust: 'accepted', hash })
    second.behave(
      twist('eth_getBlockByNumber', (result) => ({ ...asObject(result), gasUsed: '0x1', timestamp: '0x1' })),
    )
    await expect(accept({ number: height })).rejects.toThrow('unverified')
  })

  it('returns null when nobody has the block', async () => {
    await expect(fetchBlock(pool, PROOF, { number: height + 100 })).resolves.toBeNull()
    await expect(fetchBlock(pool, PROOF, { hash: hashOf(`0x${'12'.repeat(32)}`) })).resolves.toBeNull()
  })

  it('asks the others when one lags behind', async () => {
    first.behave(twist('eth_getBlockByNumber', () => null))
    await expect(fetchBlock(pool, PROOF, { number: height })).resolves.toMatchObject({ provider: 'second' })
  })

  it('asks the others when one has the block, and not yet its receipts', async () => {
    first.behave(withoutReceipts(twist('eth_getBlockReceipts', () => null)))
    await expect(fetchBlock(pool, PROOF, { number: height })).resolves.toMatchObject({ provider: 'second' })
    second.behave(withoutReceipts(twist('eth_getBlockReceipts', () => null)))
    await expect(fetchBlock(pool, PROOF, { number: height })).rejects.toThrow(
      `not_ready (block ${height} ${hash} came without its receipts)`,
    )
  })

  it('does not say that nobody has the block while one cannot be asked', async () => {
    first.behave(twist('eth_getBlockByNumber', () => null))
    second.behave(() => ({ status: 503 }))
    await expect(fetchBlock(pool, PROOF, { number: height })).rejects.toBeInstanceOf(RetryableRpcError)
  })

  it('refuses nonsense', async () => {
    first.behave(twist('eth_getBlockByNumber', () => 'a block'))
    second.behave(twist('eth_getBlockByNumber', () => ({ transactions: 'none' })))
    await expect(fetchBlock(pool, PROOF, { number: height })).rejects.toThrow(/first: malformed.*second: malformed/)
  })

  it('fetches receipts one by one from a node without eth_getBlockReceipts, and remembers that', async () => {
    first.behave(async (request, honest) =>
      request.method === 'eth_getBlockReceipts'
        ? { error: { code: -32601, message: 'the method eth_getBlockReceipts does not exist/is not available' } }
        : HONEST(request, honest),
    )
    await expect(fetchBlock(pool, PROOF, { number: height })).resolves.toMatchObject({
      trust: 'proven',
      provider: 'first',
    })
    await fetchBlock(pool, PROOF, { number: height })
    expect(first.asked.filter((method) => method === 'eth_getBlockReceipts')).toHaveLength(1)
    expect(first.asked.filter((method) => method === 'eth_getTransactionReceipt')).toHaveLength(2 * 19)
  })

  it('asks for a single missing receipt, as some Polygon nodes leave out the last', async () => {
    first.behave(twist('eth_getBlockReceipts', (result) => (result as unknown[]).slice(0, -1)))
    await expect(fetchBlock(pool, PROOF, { number: height })).resolves.toMatchObject({
      trust: 'proven',
      provider: 'first',
    })
  })

  it.each<[string, Behaviour]>([
    ['are refused as invalid', refusing({ error: { code: -32602, message: 'invalid argument 0' } })],
    ['are forbidden', refusing({ status: 403 })],
    ['fail on this block', refusing({ error: { code: -32000, message: 'internal error' } })],
    ['are empty', refusing({ result: [] })],
    ['are not there', refusing({ result: null })],
    [
      'are of another block',
      twist('eth_getBlockReceipts', (result) =>
        (result as unknown[]).map((one) => ({ ...asObject(one), blockHash: `0x${'12'.repeat(32)}` })),
      ),
    ],
  ])('fetches receipts one by one where those of the whole block %s', async (_, behaviour) => {
    first.behave(behaviour)
    await expect(fetchBlock(pool, PROOF, { number: height })).resolves.toMatchObject({
      trust: 'proven',
      provider: 'first',
    })
    expect(second.asked).toEqual([])
  })

  it('stops when it is aborted', async () => {
    first.behave(() => 'silence')
    const abort = new AbortController()
    const attempt = fetchBlock(pool, PROOF, { number: height }, { signal: abort.signal })
    setTimeout(() => abort.abort(new Error('shutting down')), 50)
    await expect(attempt).rejects.toThrow('shutting down')
    expect(second.asked).toEqual([])
  })
})
