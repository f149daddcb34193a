import { requestDeployment } from '@ctrip/db/chains/operator-requests'
import { addressFromBytes } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { followChain } from './support/follow-chain'
import { keepMining, type Mining } from './support/keep-mining'
import { type Ledger, openLedger } from './support/ledger'
import { type LocalChain, startLocalChain } from './support/local-chain'
import { type Phase, type RpcGate, startGate } from './support/rpc-gate'
import { stopServers } from './support/servers'
import { type SweeperProcess, startSweeper } from './support/sweeper-process'
import { confirmed, swept } from './support/sweeping'

const USDC = 1_500_000n
const PATIENCE_MS = 60_000
const SEND = 'eth_sendRawTransaction'

/** The moments at which a sweeper dies, in the order in which a sweep comes by. */
type Moment = readonly [name: string, isNow: (ledger: Ledger, method: string, phase: Phase) => Promise<boolean>]

const MOMENTS: readonly Moment[] = [
  ['planned, nothing signed', async (ledger) => (await sweeps(ledger)) > 0 && (await sent(ledger)) === 0],
  ['signed, not sent', async (_, method, phase) => method === SEND && phase === 'asked'],
  ['sent, the answer not heard', async (_, method, phase) => method === SEND && phase === 'answered'],
  ['mined', async (ledger) => (await sent(ledger, 'mined')) > 0],
  ['confirmed', async (ledger) => (await sweeps(ledger, 'confirmed')) > 0],
]

describe('a sweeper that is killed without a word, again and again', () => {
  let ledger: Ledger
  let local: LocalChain
  let gate: RpcGate
  let mining: Mining | null = null
  let sweeper: SweeperProcess | null = null

  beforeEach(async () => {
    ledger = await openLedger()
    local = await startLocalChain()
    gate = await startGate(local.url)
    await followChain(ledger.db, local.chain, local)
  })

  afterEach(async () => {
    await sweeper?.kill()
    await mining?.stop()
    await gate.stop()
    await local.stop()
    await ledger.close()
  })

  afterAll(stopServers)

  it('at each step of a top-up and a transfer collects once', async () => {
    const payments = [await tokenPaid()]
    await dieAtEachMoment()
    await collectedOnce(payments)
  }, 300_000)

  it('at each step of a batch collects from each address once', async () => {
    await ledger.db.transaction('test.deploy', (tx) => requestDeployment(tx, local.chain.chainId))
    await swept(ledger, local)
    const payments = [await tokenPaid(), await tokenPaid(), await tokenPaid()]
    await dieAtEachMoment()
    await collectedOnce(payments)
    const strategies = (await ledger.db.prisma.sweeps.findMany()).map(({ strategy }) => strategy)
    expect(strategies).toEqual(['delegated_batch'])
  }, 300_000)

  async function dieAtEachMoment(): Promise<void> {
    mining = keepMining(ledger, local)
    for (const [name, isNow] of MOMENTS) {
      sweeper = startSweeper(ledger, local, gate.url)
      await killedWhen(name, sweeper, isNow)
    }
    sweeper = startSweeper(ledger, local, gate.url)
  }

  async function killedWhen(name: string, victim: SweeperProcess, isNow: Moment[1]): Promise<void> {
    let killed = false
    gate.watch(async (method, phase) => {
      if (killed) return 'cut'
      if (!(await isNow(ledger, method, phase))) return 'pass'
      killed = true
      await victim.kill()
      return 'cut'
    })
    await waitUntil(`the moment: ${name}`, PATIENCE_MS, async () => killed)
    gate.watch(null)
    // Its lease would be over in 3 s.
    await ledger.db.prisma.leases.updateMany({ data: { lease_until: new Date(0) } })
  }

  async function collectedOnce(payments: readonly Payment[]): Promise<void> {
    const ids = payments.map(({ id }) => id)
    await waitUntil('all settled', PATIENCE_MS, async () =>
      (await ledger.statuses(ids)).every((status) => status === 'settled'),
    )
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBe(USDC * BigInt(payments.length))
    expect((await ledger.db.prisma.sweeps.findMany()).map(({ status }) => status)).toEqual(['confirmed'])
    const rows = await ledger.db.prisma.sweep_transactions.findMany({ orderBy: { nonce: 'asc' } })
    for (const [sender, line] of Map.groupBy(rows, (row) => addressFromBytes(row.sender))) {
      expect(line.map(({ nonce }) => Number(nonce))).toEqual([...line.keys()])
      expect(await local.provider.getTransactionCount(sender)).toBe(line.length)
    }
  }

  async function tokenPaid(): Promise<Payment> {
    const payment = await ledger.newPayment({ asset: local.usdcAsset, amount: amount(USDC) })
    await (await local.usdc.transfer(payment.address, USDC)).wait()
    await confirmed(ledger, local)
    return payment
  }
})

async function sweeps(ledger: Ledger, status?: string): Promise<number> {
  return ledger.db.prisma.sweeps.count({ where: status === undefined ? {} : { status } })
}

async function sent(ledger: Ledger, status?: string): Promise<number> {
  const where = { sweep_id: { not: null } }
  return ledger.db.prisma.sweep_transactions.count({ where: status === undefined ? where : { ...where, status } })
}
