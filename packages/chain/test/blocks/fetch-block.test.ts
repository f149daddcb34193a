import { parseHash } from '@ctrip/domain/hash'
import { type BlockRefusal, fetchBlock, UnverifiedBlockError } from '../../src/blocks/fetch-block'
import { RetryableRpcError } from '../../src/rpc/rpc-error'
import type { RpcPool } from '../../src/rpc/rpc-pool'
import { mineEveryKind } from '../helpers/every-kind'
import { type Lab, openLab, poolOf } from '../helpers/lab'
import { type Behaviour, HONEST, type StandIn, startProxy } from '../helpers/proxy'

const PROOF = { verify: 'proof' } as const

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

  it('accepts as structural, with the reason, what no provider can prove', async () => {
    first.behave(asFuture)
    second.behave(asFuture)
    await expect(fetchBlock(pool, PROOF, { number: height })).resolves.toMatchObject({
      trust: 'structural',
      notProvable: 'unknown header fields: futureField',
    })
  })

  it('does not ask for a proof on a structural chain', async () => {
    first.behave(asFuture)
    const block = await fetchBlock(pool, { verify: 'structural' }, { number: height })
    expect(block).toMatchObject({ trust: 'structural', provider: 'first' })
    expect(block).not.toHaveProperty('notProvable')
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
    first.behave(twist('eth_getBlockReceipts', () => null))
    await expect(fetchBlock(pool, PROOF, { number: height })).resolves.toMatchObject({ provider: 'second' })
  })

  it('does not say that nobody has the block while one cannot be asked', async () => {
    first.behave(twist('eth_getBlockByNumber', () => null))
    second.behave(() => ({ status: 503 }))
    await expect(fetchBlock(pool, PROOF, { number: height })).rejects.toBeInstanceOf(RetryableRpcError)
  })

  it('refuses nonsense', async () => {
    first.behave(twist('eth_getBlockByNumber', () => 'a block'))
    second.behave(twist('eth_getBlockReceipts', () => [null]))
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

  it('asks only the named provider when told to', async () => {
    await expect(fetchBlock(pool, PROOF, { number: height }, { provider: 'second' })).resolves.toMatchObject({
      provider: 'second',
    })
    expect(first.asked).toEqual([])
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
