import type { Payment } from '@ctrip/domain/payment/payment'
import { Memory } from '../src/context/round-memory'
import { sweepRound } from '../src/sweep-round'
import { followChain } from './support/follow-chain'
import { openFollowedChain } from './support/followed-chain'
import type { Ledger } from './support/ledger'
import type { LocalChain } from './support/local-chain'
import { coinPayment, ETHER, tokenPayment, USDC } from './support/payments'
import { stopServers } from './support/servers'
import { confirmed, contextOf, swept } from './support/sweeping'

/** Past the chain's finality, which is 20 blocks deep. */
const FINAL_BLOCKS = 40

describe('a sweep whose money a reorg took for good', () => {
  let ledger: Ledger
  let local: LocalChain
  let close: () => Promise<void>

  beforeEach(async () => {
    ;({ ledger, local, close } = await openFollowedChain())
  })

  afterEach(() => close())

  afterAll(stopServers)

  it('of coin waits for the chain to be final without it, though other money is there', async () => {
    const payment = await signedAndTakenBack('coin')
    await (await local.usdc.transfer(payment.address, USDC)).wait()
    await confirmed(ledger, local)
    for (let rounds = 0; rounds < 4; rounds++) await roundAndBlock()
    expect(await attempts()).toEqual([{ cancels: false }])
  })

  it('of coin gives its nonce to a no-op that the gas wallet pays for, and other money at the address is collected', async () => {
    const payment = await signedAndTakenBack('coin')
    await (await local.usdc.transfer(payment.address, USDC)).wait()
    await finalWithout()
    await sweptLater()
    expect(await ends()).toEqual(['failed: canceled', 'confirmed: null'])
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBe(USDC)
    expect(await nonces(payment)).toEqual(['collect 0 reverted', 'collect 1 confirmed'])
  })

  it('of coin takes what has come instead, without a no-op', async () => {
    const payment = await signedAndTakenBack('coin')
    await (await local.payer.sendTransaction({ to: payment.address, value: ETHER / 2n })).wait()
    await finalWithout()
    await sweptLater()
    expect(await ends()).toEqual(['confirmed: null'])
    expect(await local.provider.getBalance(payment.address)).toBe(0n)
  })

  it('of coin is collected anew when the customer pays again after all', async () => {
    const payment = await signedAndTakenBack('coin')
    await finalWithout()
    await sweptLater()
    expect(await ends()).toEqual(['failed: canceled'])
    await (await local.payer.sendTransaction({ to: payment.address, value: ETHER })).wait()
    await confirmed(ledger, local)
    await ledger.db.prisma.collection_waits.updateMany({ data: { retry_at: new Date(0) } })
    await sweptLater()
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
  })

  it('of a token reverts, which its top-up has paid for, and other money at the address is collected', async () => {
    const payment = await signedAndTakenBack('token')
    await (await local.payer.sendTransaction({ to: payment.address, value: ETHER })).wait()
    await confirmed(ledger, local)
    await sweptLater()
    expect(await ends()).toEqual(['failed: reverted', 'confirmed: null'])
    expect(await local.provider.getBalance(payment.address)).toBe(0n)
  })

  /** The collecting transaction is mined, and then neither it nor the payment has ever happened. */
  async function signedAndTakenBack(what: 'coin' | 'token'): Promise<Payment> {
    const before = await local.head()
    const payment = await (what === 'coin' ? coinPayment : tokenPayment)(ledger, local)
    for (let rounds = 0; rounds < 3; rounds++) await roundAndBlock()
    expect(await local.provider.getTransactionCount(payment.address)).toBe(1)
    await local.rpc('anvil_rollback', [(await local.head()) - before])
    local.payer.reset()
    await local.mine(8)
    await followChain(ledger.db, local.chain, local)
    return payment
  }

  async function finalWithout(): Promise<void> {
    await local.mine(FINAL_BLOCKS)
    await followChain(ledger.db, local.chain, local)
  }

  /** What was signed a block's time ago may be signed anew; a test's blocks take less. */
  function sweptLater(): Promise<void> {
    return swept(ledger, local, contextOf(ledger, local, 1))
  }

  async function roundAndBlock(): Promise<void> {
    await sweepRound({ ...contextOf(ledger, local), lease: await ledger.lease() }, new Memory())
    await local.mine()
    await followChain(ledger.db, local.chain, local)
  }

  async function attempts() {
    return ledger.db.prisma.sweep_attempts.findMany({ select: { cancels: true } })
  }

  async function ends(): Promise<string[]> {
    const sweeps = await ledger.db.prisma.sweeps.findMany({ orderBy: { id: 'asc' } })
    return sweeps.map(({ status, reason }) => `${status}: ${reason}`)
  }

  async function nonces({ address }: Payment): Promise<string[]> {
    const rows = await ledger.db.prisma.sweep_transactions.findMany({
      where: { purpose: 'collect', sender: Buffer.from(address.slice(2), 'hex') },
      orderBy: { nonce: 'asc' },
    })
    return rows.map(({ purpose, nonce, status }) => `${purpose} ${nonce} ${status}`)
  }
})
