import { fetchBlock } from '../../src/blocks/fetch-block'
import { fetchTraces } from '../../src/blocks/fetch-traces'
import type { VerifiedBlock, VerifiedTransaction } from '../../src/blocks/verified-block'
import type { RpcPool } from '../../src/rpc/rpc-pool'
import { mineEveryKind } from '../helpers/every-kind'
import { addressOf } from '../helpers/known'
import { type Lab, openLab, poolOf } from '../helpers/lab'
import { type StandIn, startProxy } from '../helpers/proxy'

type Trace = { readonly txHash: string; readonly result: Record<string, unknown> }

let lab: Lab
let node: StandIn
let pool: RpcPool
let block: VerifiedBlock

beforeAll(async () => {
  lab = await openLab()
  const raw = await mineEveryKind(lab)
  const fetched = await fetchBlock(lab.pool, { verify: 'proof', quorum: 1 }, { number: Number(raw.block['number']) })
  if (fetched === null) throw new Error('no block')
  block = fetched
  node = await startProxy(lab.anvil.url)
  pool = poolOf([{ name: 'node', url: node.url }])
})
afterAll(async () => {
  await pool.close()
  await node.close()
  await lab.close()
})

const twistTraces = (change: (traces: readonly Trace[]) => unknown) =>
  node.behave(async (_request, honest) => ({ result: change((await honest()) as readonly Trace[]) }))

const changeFirst = (changes: object) => (traces: readonly Trace[]) =>
  traces.map((trace, at) => (at === 0 ? { ...trace, result: { ...trace.result, ...changes } } : trace))

describe('fetchTraces', () => {
  it('gives each transaction its trace, and says whose word it is', async () => {
    twistTraces((traces) => traces)
    const { traces, provider } = await fetchTraces(pool, block)
    expect(provider).toBe('node')
    expect(traces.map(({ transactionHash }) => transactionHash)).toEqual(block.transactions.map(({ hash }) => hash))
  })

  it('reads traces of nodes that leave the hashes out', async () => {
    twistTraces((traces) => traces.map(({ result }) => ({ result })))
    await expect(fetchTraces(pool, block)).resolves.toMatchObject({ provider: 'node' })
  })

  it.each<[string, (traces: readonly Trace[]) => unknown]>([
    ['of nodes that say `error: null` of calls that succeeded', changeFirst({ error: null })],
    [
      "where the block tells a wrong sender, which is one provider's word",
      changeFirst({ from: `0x${'11'.repeat(20)}` }),
    ],
  ])('reads traces %s', async (_, change) => {
    twistTraces(change)
    const { traces } = await fetchTraces(pool, block)
    expect(traces[0]?.root.reverted).toBe(false)
  })

  it('reads traces of nodes that do not trace the state sync, whether the block is proven or not', async () => {
    twistTraces((traces) => traces)
    const zero = addressOf(`0x${'0'.repeat(40)}`)
    const stateSync = { ...block.transactions[0], from: zero, to: zero, proven: false } as VerifiedTransaction
    const withSync = { ...block, transactions: [...block.transactions, stateSync] }
    const unproven = { ...withSync, transactions: withSync.transactions.map((one) => ({ ...one, proven: false })) }
    for (const given of [withSync, unproven])
      expect((await fetchTraces(pool, given)).traces).toHaveLength(block.transactions.length)
  })

  it.each<[string, (traces: readonly Trace[]) => unknown]>([
    ['one is missing', (traces) => traces.slice(1)],
    ['two are changed over', (traces) => traces.toReversed()],
    ["the outermost call has another value than the transaction's", changeFirst({ value: '0xffff' })],
    ['the outermost call goes elsewhere', changeFirst({ to: `0x${'11'.repeat(20)}` })],
    ['a transaction that succeeded is told as failed', changeFirst({ error: 'execution reverted' })],
    ['a call has no type', changeFirst({ calls: [{}] })],
    ['they are no list', () => 'traces'],
  ])('refuses them when %s', async (_, change) => {
    twistTraces(change)
    await expect(fetchTraces(pool, block)).rejects.toMatchObject({ name: 'RetryableRpcError', kind: 'unverified' })
  })

  it('says that no node traces, so that it can be said openly', async () => {
    node.behave(() => ({
      error: { code: -32601, message: 'the method debug_traceBlockByHash does not exist/is not available' },
    }))
    await expect(fetchTraces(pool, block)).rejects.toMatchObject({
      name: 'PermanentRpcError',
      kind: 'method_not_found',
    })
  })
})
