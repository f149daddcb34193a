import { requestDeployment } from '@ctrip/db/chains/operator-requests'
import { transaction } from '@ctrip/db/database/transaction'
import type { Payment } from '@ctrip/domain/payment/payment'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { openFollowedChain } from './support/followed-chain'
import { keepMining, type Mining } from './support/keep-mining'
import type { Ledger } from './support/ledger'
import type { LocalChain } from './support/local-chain'
import { coinPayment, ETHER, tokenPayment, USDC } from './support/payments'
import { type Phase, type RpcGate, startGate } from './support/rpc-gate'
import { stopServers } from './support/servers'
import { settledOnce } from './support/settled-once'
import { type SignerProcess, startSigner } from './support/signer-process'
import { type SweeperProcess, startSweeper } from './support/sweeper-process'
import { swept } from './support/sweeping'

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
  let close: () => Promise<void>
  let gate: RpcGate
  let signer: SignerProcess
  let mining: Mining | null = null
  let sweeper: SweeperProcess | null = null

  beforeEach(async () => {
    ;({ ledger, local, close } = await openFollowedChain())
    gate = await startGate(local.url)
    signer = startSigner(ledger, local)
  })

  afterEach(async () => {
    await sweeper?.kill()
    await signer.kill()
    signer.remove()
    await mining?.stop()
    await gate.stop()
    await close()
  })

  afterAll(stopServers)

  it('at each step of a transfer of native coin collects once', async () => {
    const payment = await coinPayment(ledger, local)
    await dieAtEachMoment()
    await collectedOnce([payment])
    expect(await local.provider.getBalance(payment.address)).toBe(0n)
    const [collect] = await ledger.db.prisma.sweep_transactions.findMany()
    const fee = BigInt(collect?.fee_paid?.toFixed() ?? 0)
    expect(await local.provider.getBalance(local.chain.treasury)).toBe(ETHER - fee)
  }, 300_000)

  it('at each step of a top-up and a transfer collects once', async () => {
    const payments = [await tokenPayment(ledger, local)]
    await dieAtEachMoment()
    await collectedOnce(payments)
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBe(USDC)
  }, 300_000)

  it('at each step of a batch collects from each address once', async () => {
    await transaction(ledger.db, 'test.deploy', (tx) => requestDeployment(tx, local.chain.chainId))
    await swept(ledger, local)
    const payments = [
      await tokenPayment(ledger, local),
      await tokenPayment(ledger, local),
      await tokenPayment(ledger, local),
    ]
    await dieAtEachMoment()
    await collectedOnce(payments)
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBe(3n * USDC)
    const strategies = (await ledger.db.prisma.sweeps.findMany()).map(({ strategy }) => strategy)
    expect(strategies).toEqual(['delegated_batch'])
  }, 300_000)

  async function dieAtEachMoment(): Promise<void> {
    mining = keepMining(ledger, local)
    for (const [name, isNow] of MOMENTS) {
      sweeper = startSweeper(ledger, local, signer, gate.url)
      await killedWhen(name, sweeper, isNow)
    }
    sweeper = startSweeper(ledger, local, signer, gate.url)
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
    await settledOnce(ledger, local, payments)
    expect(await sweeps(ledger)).toBe(1)
  }
})

async function sweeps(ledger: Ledger, status?: string): Promise<number> {
  return ledger.db.prisma.sweeps.count({ where: status === undefined ? {} : { status } })
}

async function sent(ledger: Ledger, status?: string): Promise<number> {
  const where = { sweep_id: { not: null } }
  return ledger.db.prisma.sweep_transactions.count({ where: status === undefined ? where : { ...where, status } })
}
