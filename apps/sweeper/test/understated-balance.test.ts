import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import type { ChainAccess } from '../src/chain/chain-access'
import { Memory } from '../src/context/round-memory'
import type { SweepContext } from '../src/context/sweep-context'
import { sweepRound } from '../src/sweep-round'
import { openFollowedChain } from './support/followed-chain'
import type { Ledger } from './support/ledger'
import type { LocalChain } from './support/local-chain'
import { coinPayment, ETHER, tokenPayment, USDC } from './support/payments'
import { steppedSweeper } from './support/rounds'
import { stopServers } from './support/servers'
import { confirmed, contextOf, swept } from './support/sweeping'

describe('a single provider that tells of less than there is', () => {
  let ledger: Ledger
  let local: LocalChain
  let close: () => Promise<void>

  beforeEach(async () => {
    ;({ ledger, local, close } = await openFollowedChain())
  })

  afterEach(() => close())

  afterAll(stopServers)

  it('gets nothing signed for a part of the coin, and the payment waits with the reason until it tells the truth', async () => {
    const payment = await coinPayment(ledger, local)
    const liar = telling((chain) => ({
      balance: async (of) => (of === payment.address ? amount(ETHER / 300n) : chain.balance(of)),
    }))
    await swept(ledger, local, liar)
    expect(await ledger.db.prisma.sweep_attempts.count()).toBe(0)
    expect(await ledger.db.prisma.collection_waits.findMany()).toMatchObject([{ reason: 'less_than_recorded' }])
    await settles(payment)
    expect(await local.provider.getBalance(payment.address)).toBe(0n)
  })

  it('has a part of a token collected, and the payment settles when the rest is', async () => {
    const payment = await tokenPayment(ledger, local)
    const liar = telling(() => ({ tokenBalance: async () => amount(USDC / 3n) }))
    await sweptOnce(liar)
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBeLessThan(USDC)
    expect(await ledger.statuses([payment.id])).toEqual(['confirmed'])
    await settles(payment)
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBe(USDC)
  })

  it('gets an address topped up once, however many blocks it goes on to hide the coin there', async () => {
    const payment = await tokenPayment(ledger, local)
    const sweeper = steppedSweeper(ledger, local, (chain) => ({
      balance: async (of) => (of === payment.address ? amount(0n) : chain.balance(of)),
    }))
    for (let blocks = 0; blocks < 6; blocks++) {
      await sweeper.round()
      await sweeper.block()
    }
    expect(await ledger.db.prisma.sweep_transactions.count({ where: { purpose: 'top_up' } })).toBe(1)
    expect(await sweeper.waits()).toEqual(['less_than_recorded'])
    await settles(payment)
  })

  async function sweptOnce(context: SweepContext): Promise<void> {
    const memory = new Memory()
    while ((await ledger.db.prisma.sweeps.count({ where: { status: 'confirmed' } })) === 0) {
      await sweepRound({ ...context, lease: await ledger.lease() }, memory)
      await confirmed(ledger, local)
    }
  }

  async function settles(payment: Payment): Promise<void> {
    await ledger.db.prisma.collection_waits.updateMany({ data: { retry_at: new Date(0) } })
    await swept(ledger, local)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
  }

  function telling(lies: (chain: ChainAccess) => Partial<ChainAccess>): SweepContext {
    const context = contextOf(ledger, local)
    return { ...context, chain: { ...context.chain, ...lies(context.chain) } }
  }
})
