import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { parseChains } from '@ctrip/chain/chains-config'
import { rateBookOf } from '@ctrip/chain/rate-book'
import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { type ChainState, readChainState, startChain } from '@ctrip/db/chains/chain-state'
import { insertBlock } from '@ctrip/db/chains/scanned-blocks'
import { transaction } from '@ctrip/db/database/transaction'
import { writerLease } from '@ctrip/db/leases/lease-names'
import { type Hash, hashFromBytes } from '@ctrip/domain/hash'
import type { Payment } from '@ctrip/domain/payment/payment'
import { catchUp } from '../src/catch-up'
import type { Writing } from '../src/chain'
import { cursorQuorum } from '../src/cursor-quorum'
import { BranchGoneError } from '../src/cycle-failure'
import { expirePayments } from '../src/expire-payments'
import { findAncestor, handleReorg } from '../src/handle-reorg'
import { recordBlock } from '../src/record-block'
import { rpcSource } from '../src/rpc-source'
import { type Ledger, openLedger, toAddress } from './support/ledger'
import { noReport } from './support/no-report'
import { stopServers } from './support/servers'
import { silentLog } from './support/silent-log'

const CHAIN_ID = 31337
const OTHER_CHAIN_ID = 31338
const PARENT = { number: 7, hash: hashOf('parent'), time: new Date(1_790_000_000_000) }

describe('a reorg', () => {
  let ledger: Ledger
  let deps: Writing
  let otherDeps: Writing
  const pools: RpcPool[] = []

  beforeAll(async () => {
    ledger = await openLedger()
    deps = await startWriting(CHAIN_ID)
    otherDeps = await startWriting(OTHER_CHAIN_ID)
  })
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.close()))
    await ledger.close()
    await stopServers()
  })

  it('takes the money of the blocks that left the chain back from their payments, in the same transaction, and says so', async () => {
    const payment = await ledger.newPayment({})
    const scanned = await record(paying(payment, 'child', 12))
    expect((await ledger.read(payment.id)).payment).toMatchObject({
      status: 'detected',
      amountReceived: payment.amount,
    })
    const after = await leave(scanned)
    expect(after.cursor).toEqual({ number: PARENT.number, hash: PARENT.hash })
    expect((await ledger.read(payment.id)).payment).toMatchObject({ status: 'pending', amountReceived: 0n })
    expect(await ledger.eventTypes(payment.id)).toEqual(['payment.created', 'payment.detected', 'payment.reorged'])
  })

  it('leaves a transfer in time that another block had in time, also when the block comes back that has it late', async () => {
    const expiresAt = new Date(PARENT.time.getTime() + 60_000)
    const payment = await ledger.newPayment({ latePolicy: 'review', createdAt: PARENT.time, expiresAt })
    await leave(await record(paying(payment, 'late', 600)))
    await leave(await record(paying(payment, 'in time', 12)))
    await record(paying(payment, 'late', 600))
    const { payment: paid, transfers } = await ledger.read(payment.id)
    expect(paid).toMatchObject({ status: 'detected', amountReceived: payment.amount })
    expect(transfers.filter(({ status }) => status === 'included')).toMatchObject([{ inTime: true }])
  })

  it.each([
    { having: 1, quorum: 2, halts: false },
    { having: 2, quorum: 2, halts: true },
    { having: 1, quorum: 1, halts: true },
    { having: 0, quorum: 1, halts: false },
  ])(
    'below finality, with $having providers and a quorum of $quorum, halts: $halts',
    async ({ having, quorum, halts }) => {
      const { number, hash, parentHash, timestamp } = rival
      const claims = Array.from({ length: having }, (_, at) => ({
        provider: `p${at}`,
        number,
        hash,
        parentHash,
        timestamp,
      }))
      const source = { ...deps.source, readHeight: () => Promise.resolve(claims) }
      const finalizedNumber = number
      const found = findAncestor(
        { ...deps, source, chain: { ...deps.chain, quorum } },
        { ...(await state()), finalizedNumber },
        rival,
        new AbortController().signal,
      )
      if (halts) await expect(found).resolves.toEqual({ kind: 'below_finality', number: number - 1 })
      else await expect(found).rejects.toBeInstanceOf(BranchGoneError)
    },
  )

  it('below finality halts its chain and no other', async () => {
    await handleReorg(deps, await state(), { kind: 'below_finality', number: PARENT.number - 1 })
    const here = await ledger.newPayment({})
    await expect(record(paying(here, 'next', 12))).rejects.toThrow('the chain is halted')
    const there = { chain: otherDeps.chain.name, chainId: OTHER_CHAIN_ID, createdAt: PARENT.time }
    const paid = await ledger.newPayment(there)
    const unpaid = await ledger.newPayment({ ...there, expiresAt: new Date(PARENT.time.getTime() + 1) })
    const scanned = await record(paying(paid, 'next', 12), otherDeps)
    const { hasQuorum } = cursorQuorum(otherDeps, scanned, new AbortController().signal)
    await expirePayments(otherDeps, scanned, hasQuorum)
    const statuses = [here, paid, unpaid].map(async ({ id }) => (await ledger.read(id)).payment.status)
    expect(await Promise.all(statuses)).toEqual(['pending', 'detected', 'expired'])
  })

  async function startWriting(chainId: number): Promise<Writing> {
    const chain = testChain(chainId)
    const pool = new RpcPool(chain)
    pools.push(pool)
    await transaction(ledger.db, 'test.start', async (tx) => {
      await insertBlock(tx, chainId, { ...PARENT, parentHash: hashOf('before'), trust: 'proven' })
      await startChain(tx, { chainId, chain: chain.name, parent: PARENT, time: PARENT.time })
    })
    return {
      ...{ chain, db: ledger.db, log: silentLog, wakeRelay: () => undefined, rateBook: rateBookOf([chain]) },
      source: rpcSource(chain, pool, silentLog, async () => false),
      catchUp: catchUp(silentLog, chain.name, 64),
      report: noReport,
      lease: await ledger.lease(writerLease(chainId)),
    }
  }

  async function record(block: VerifiedBlock, writing = deps): Promise<ChainState> {
    return recordBlock(writing, await state(writing.chain.chainId), block, new AbortController().signal)
  }

  /** The chain goes back to the parent. */
  function leave(scanned: ChainState): Promise<ChainState> {
    return handleReorg(deps, scanned, { kind: 'common', block: PARENT })
  }

  async function state(chainId = CHAIN_ID): Promise<ChainState> {
    const found = await readChainState(ledger.db.prisma, chainId)
    if (found === null) throw new Error('not started')
    return found
  }
})

const rival: VerifiedBlock = {
  ...{ number: 8, hash: hashOf('rival'), parentHash: hashOf('rival parent'), timestamp: 1_790_000_012 },
  ...{ transactions: [], logs: [], trust: 'proven', provider: 'test' },
}

/** A block after the parent, in which the payment's whole amount comes, in the same transaction whichever block it is. */
function paying({ address, amount }: Payment, name: string, secondsLater: number): VerifiedBlock {
  const sent = { hash: hashOf(address), index: 0, from: toAddress(`0x${'5'.repeat(40)}`), to: address, value: amount }
  const timestamp = PARENT.time.getTime() / 1000 + secondsLater
  return {
    ...{ number: PARENT.number + 1, hash: hashOf(name), parentHash: PARENT.hash, timestamp },
    ...{ transactions: [{ ...sent, status: 'succeeded', proven: true }], logs: [], trust: 'proven', provider: 'test' },
  }
}

function testChain(chainId: number) {
  const settings = {
    ...{ name: `chain-${chainId}`, chain_id: chainId, block_time_ms: 1_000, internal_transfers: 'none' },
    providers: [{ name: 'unused', http: 'http://127.0.0.1:9' }],
    ...{ confirmations: { depth: 3 }, finality: { depth: 64 }, treasury: `0x${'23'.repeat(20)}`, tokens: [] },
    native: { symbol: 'ETH', decimals: 18, min_sweep: '0' },
  }
  const parsed = parseChains(JSON.stringify({ chains: [settings] }), {})
  const chain = parsed.ok ? parsed.chains[0] : undefined
  if (chain === undefined) throw new Error(parsed.ok ? 'no chain' : parsed.problems.join('\n'))
  return chain
}

function hashOf(name: string): Hash {
  return hashFromBytes(Buffer.from(name.padEnd(32, '.').slice(0, 32)))
}
