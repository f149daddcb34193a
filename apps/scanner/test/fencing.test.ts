import { ConflictError, LeaseLostError } from '@ctrip/db/database/errors'
import { writerLease } from '@ctrip/db/leases/lease-names'
import type { Lease } from '@ctrip/db/leases/leases'
import { confirmPayments } from '../src/confirm-payments'
import { cursorQuorum } from '../src/cursor-quorum'
import { expirePayments } from '../src/expire-payments'
import { finalizeBlocks } from '../src/finalize-blocks'
import { handleReorg } from '../src/handle-reorg'
import { recordBlock } from '../src/record-block'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n
const signal = new AbortController().signal

describe('a scanner that has lost its chain without knowing', () => {
  let scanning: Scanning

  beforeAll(async () => {
    scanning = await openScanning()
  })
  afterAll(() => scanning.close())

  it('cannot commit a block under an epoch that is over', async () => {
    const { id, address } = await scanning.ledger.newPayment({})
    const stale = await takeOver('first')
    await scanning.pay({ address }, ETHER)
    const before = await scanning.state()
    await takeOver('second')
    await expect(commitNext(stale)).rejects.toBeInstanceOf(LeaseLostError)
    expect((await scanning.state()).cursor).toEqual(before.cursor)
    expect((await scanning.ledger.read(id)).transfers).toEqual([])
    await commitNext(await takeOver('third'))
    expect((await scanning.payment(id)).status).toBe('detected')
  })

  it('cannot confirm, expire, finalise or turn round under an epoch that is over', async () => {
    const paid = await scanning.ledger.newPayment({})
    const [createdAt, expiresAt] = [new Date(Date.now() - 10_000), new Date(Date.now() - 5_000)]
    const unpaid = await scanning.ledger.newPayment({ createdAt, expiresAt })
    const stale = await takeOver('first')
    await scanning.pay(paid, ETHER)
    await scanning.local.mine(20)
    while ((await scanning.state()).cursor.number < (await headNumber())) await commitNext(stale)
    await takeOver('second')
    const writing = { ...scanning.deps, lease: stale }
    const state = await scanning.state()
    const { hasQuorum } = cursorQuorum(writing, state, signal)
    await expect(confirmPayments(writing, state, hasQuorum, signal)).rejects.toBeInstanceOf(LeaseLostError)
    await expect(expirePayments(writing, state, hasQuorum)).rejects.toBeInstanceOf(LeaseLostError)
    await expect(finalizeBlocks(writing, state, hasQuorum, signal)).rejects.toBeInstanceOf(LeaseLostError)
    const time = state.cursorTime
    const ancestor = { kind: 'common', block: { ...state.cursor, time } } as const
    await expect(handleReorg(writing, state, ancestor)).rejects.toBeInstanceOf(LeaseLostError)
    expect((await scanning.payment(paid.id)).status).toBe('detected')
    expect((await scanning.payment(unpaid.id)).status).toBe('pending')
    expect(await scanning.state()).toEqual(state)
  })

  it('cannot commit a block that another has committed', async () => {
    await scanning.local.mine()
    const lease = await takeOver('fourth')
    const block = await nextBlock()
    const state = await scanning.state()
    await recordBlock({ ...scanning.deps, lease }, state, block, signal)
    await expect(recordBlock({ ...scanning.deps, lease }, state, block, signal)).rejects.toBeInstanceOf(ConflictError)
    expect((await scanning.state()).cursor.hash).toBe(block.hash)
  })

  async function commitNext(lease: Lease): Promise<void> {
    await recordBlock({ ...scanning.deps, lease }, await scanning.state(), await nextBlock(), signal)
  }

  async function nextBlock() {
    const { cursor } = await scanning.state()
    const block = await scanning.deps.source.fetchBlock({ number: cursor.number + 1 }, signal)
    if (block === null) throw new Error(`no block after ${cursor.number}`)
    return block
  }

  async function headNumber(): Promise<number> {
    return Number(await scanning.local.rpc('eth_blockNumber'))
  }

  /** As if the holder's time had run out. */
  async function takeOver(owner: string): Promise<Lease> {
    await scanning.ledger.db.prisma.leases.updateMany({ data: { lease_until: new Date(0) } })
    return scanning.ledger.lease(writerLease(scanning.local.chain.chainId), owner)
  }
})
