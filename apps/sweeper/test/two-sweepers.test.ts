import { addressFromBytes } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { followChain } from './support/follow-chain'
import { keepMining, type Mining } from './support/keep-mining'
import { type Ledger, openLedger } from './support/ledger'
import { type LocalChain, startLocalChain } from './support/local-chain'
import { type RpcGate, startGate } from './support/rpc-gate'
import { stopServers } from './support/servers'
import { type SweeperProcess, startSweeper } from './support/sweeper-process'

const USDC = 1_500_000n
/** A lease is over after 3 s; the rest is for a machine that does other things as well. */
const PATIENCE_MS = 60_000

describe('two sweepers of one gas wallet', () => {
  let ledger: Ledger
  let local: LocalChain
  let gate: RpcGate
  let mining: Mining
  const running: SweeperProcess[] = []

  beforeAll(async () => {
    ledger = await openLedger()
    local = await startLocalChain()
    gate = await startGate(local.url)
    await followChain(ledger.db, local.chain, local)
    mining = keepMining(ledger, local)
  })

  afterAll(async () => {
    for (const sweeper of running) await sweeper.kill()
    await mining.stop()
    await gate.stop()
    await local.stop()
    await ledger.close()
    await stopServers()
  })

  it('the second takes over when the first is stopped while it signs, and the first signs nothing when it wakes', async () => {
    const [first, second] = await startBoth()
    const stopped = stoppedBeforeSigning(first)
    const payment = await tokenPaid()
    await waitUntil('the first stopped', PATIENCE_MS, stopped)
    await waitUntil('the second took over', PATIENCE_MS, async () => leads(second))
    gate.watch(null)
    first.signal('SIGCONT')
    await waitUntil('the first was refused', PATIENCE_MS, async () => wasRefused(first))
    await settledOnce([payment])
  }, 200_000)

  it('the first takes over again when the second is killed', async () => {
    const [first, second] = running
    if (first === undefined || second === undefined) throw new Error('two are running')
    await second.kill()
    const payment = await tokenPaid()
    await waitUntil('the first took over', PATIENCE_MS, async () => leads(first))
    await settledOnce([payment])
  }, 200_000)

  async function startBoth(): Promise<[SweeperProcess, SweeperProcess]> {
    const first = startSweeper(ledger, local, gate.url)
    running.push(first)
    await waitUntil('the first leads', PATIENCE_MS, async () => leads(first))
    const second = startSweeper(ledger, local, local.url)
    running.push(second)
    await waitUntil('the second stands by', PATIENCE_MS, async () => second.logged.length > 0)
    return [first, second]
  }

  /** Planned is committed; the answer without which it cannot sign has arrived, and is not read before it wakes. */
  function stoppedBeforeSigning(sweeper: SweeperProcess): () => Promise<boolean> {
    let isStopped = false
    gate.watch(async (_method, phase) => {
      if (isStopped || phase === 'asked' || (await ledger.db.prisma.sweeps.count()) === 0) return 'pass'
      isStopped = true
      sweeper.signal('SIGSTOP')
      return 'pass'
    })
    return async () => isStopped
  }

  async function leads({ pid }: SweeperProcess): Promise<boolean> {
    const [lease] = await ledger.db.prisma.leases.findMany({ where: { name: { startsWith: 'gas-wallet:' } } })
    return lease?.owner.endsWith(`:${pid}`) ?? false
  }

  /** By the fence at its commit, or by finding out before it came to that. */
  function wasRefused({ logged }: SweeperProcess): boolean {
    return logged.some(({ msg, held }) => msg === 'sweeper.lease_lost' || (msg === 'sweeper.lease' && held === false))
  }

  async function settledOnce(payments: readonly Payment[]): Promise<void> {
    const ids = payments.map(({ id }) => id)
    await waitUntil('settled', PATIENCE_MS, async () =>
      (await ledger.statuses(ids)).every((status) => status === 'settled'),
    )
    const sweeps = await ledger.db.prisma.sweeps.findMany()
    expect(new Set(sweeps.map(({ status }) => status))).toEqual(new Set(['confirmed']))
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBe(USDC * BigInt(sweeps.length))
    const rows = await ledger.db.prisma.sweep_transactions.findMany({ orderBy: { nonce: 'asc' } })
    for (const [sender, line] of Map.groupBy(rows, (row) => addressFromBytes(row.sender))) {
      expect(line.map(({ nonce }) => Number(nonce))).toEqual([...line.keys()])
      expect(await local.provider.getTransactionCount(sender)).toBe(line.length)
    }
  }

  async function tokenPaid(): Promise<Payment> {
    const payment = await ledger.newPayment({ asset: local.usdcAsset, amount: amount(USDC) })
    await (await local.usdc.transfer(payment.address, USDC)).wait()
    return payment
  }
})
