import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { requestDeployment } from '@ctrip/db/chains/operator-requests'
import { transaction } from '@ctrip/db/database/transaction'
import { collectionBacklog } from '@ctrip/db/sweeps/collection-backlog'
import { amount } from '@ctrip/domain/amount'
import type { PaymentId } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import { Memory } from '../src/context/round-memory'
import { sweepRound } from '../src/sweep-round'
import { followChain } from './support/follow-chain'
import { openFollowedChain } from './support/followed-chain'
import type { Ledger } from './support/ledger'
import type { LocalChain } from './support/local-chain'
import { behave, ODD_MODES } from './support/odd-token'
import { coinPayment, tokenPayment } from './support/payments'
import { stopServers } from './support/servers'
import { confirmed, contextOf, leased, swept } from './support/sweeping'

const VALUE = 1_000_000n
const BROKEN = 205
/** Before ours in the block. */
const FIRST = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 11n }

describe('a token that breaks', () => {
  let ledger: Ledger
  let local: LocalChain
  let close: () => Promise<void>

  beforeEach(async () => {
    ;({ ledger, local, close } = await openFollowedChain())
  })

  afterEach(() => close())
  afterAll(stopServers)

  it('delays nothing else, with 205 deposits older than any other', async () => {
    const broken = await pay(BROKEN)
    await confirmed(ledger, local)
    await behave(local.odd, 'balanceReverts')
    const [coin, usdc] = [await coinPayment(ledger, local), await tokenPayment(ledger, local)]
    await swept(ledger, local)
    expect(await ledger.statuses([coin.id, usdc.id])).toEqual(['settled', 'settled'])
    expect(await waits()).toEqual({ balance_unreadable: broken.length })
  }, 180_000)

  it('holds no address of a planned sweep: its coin is swept, and the token waits', async () => {
    const [payment] = await pay(1)
    if (payment === undefined) throw new Error('one was paid')
    await confirmed(ledger, local)
    let asked = 0
    // Planned, and then nobody answers.
    await round({ tokenBalance: async () => (asked++ === 0 ? amount(VALUE) : Promise.reject(unanswered())) })
    expect(await ledger.db.prisma.sweeps.findMany()).toMatchObject([{ status: 'planned' }])
    await behave(local.odd, 'balanceReverts')
    await (await local.payer.sendTransaction({ to: payment.address, value: 10n ** 18n })).wait()
    await confirmed(ledger, local)
    await swept(ledger, local)
    expect(await waits()).toEqual({ balance_unreadable: 1 })
    expect(await local.provider.getBalance(payment.address)).toBe(0n)
  })

  it('is collected from all others in a batch when it blocks one address in mid-way, and from that one when it is free', async () => {
    await withContracts()
    const payments = await pay(8)
    await confirmed(ledger, local)
    const [blocked, ...others] = payments
    await midWay(() => local.odd.setBlocked(blocked?.address ?? '', true, FIRST))
    await swept(ledger, local)
    expect(await ledger.statuses(ids(payments))).toEqual(['confirmed', ...others.map(() => 'settled')])
    expect(await waits()).toEqual({ nothing_moved: 1 })
    await (await local.odd.setBlocked(blocked?.address ?? '', false)).wait()
    await due()
    await swept(ledger, local)
    expect(await ledger.statuses(ids(payments))).toEqual(payments.map(() => 'settled'))
    expect(await waits()).toEqual({})
  })

  it('is booked as it moved when an upgrade in mid-way has it take a fee, move half, or lie', async () => {
    await withContracts()
    for (const [mode, left, stays] of [
      ['takesFeeSilently', 'settled', 0n],
      ['movesHalf', 'confirmed', VALUE / 2n],
      ['returnsTrueThoughItDidNot', 'confirmed', VALUE],
      ['returnsFalseThoughItMoved', 'settled', 0n],
    ] as const) {
      const payments = await pay(4)
      await confirmed(ledger, local)
      const before = await local.odd.trueBalanceOf(local.chain.treasury)
      await midWay(() => local.odd.setMode(ODD_MODES.indexOf(mode), FIRST))
      await swept(ledger, local)
      expect(await ledger.statuses(ids(payments))).toEqual(payments.map(() => left))
      for (const { address } of payments) expect(await local.odd.trueBalanceOf(address)).toBe(stays)
      expect(await collectedOf(payments)).toBe((await local.odd.trueBalanceOf(local.chain.treasury)) - before)
      await behave(local.odd, 'plain')
      await due()
      await swept(ledger, local)
      expect(await ledger.statuses(ids(payments))).toEqual(payments.map(() => 'settled'))
    }
  }, 120_000)

  it('is booked by the events of both sides where no node has the state of the block any more', async () => {
    const payments = await pay(2)
    await confirmed(ledger, local)
    await behave(local.odd, 'takesFee')
    const context = contextOf(ledger, local)
    const chain = {
      ...context.chain,
      balancesAt: async (_hash: unknown, asked: readonly unknown[]) => asked.map(() => null),
    }
    await swept(ledger, local, { ...context, chain })
    expect(await ledger.statuses(ids(payments))).toEqual(['settled', 'settled'])
    expect(await collectedOf(payments)).toBe(await local.odd.trueBalanceOf(local.chain.treasury))
  })

  it('is tried once where no node can show whether it moves what it says it does not', async () => {
    const payments = await pay(1)
    await confirmed(ledger, local)
    await behave(local.odd, 'returnsFalse')
    const context = contextOf(ledger, local)
    const chain = { ...context.chain, tryTokenTransfer: async () => ({ ...UNSURE }) }
    for (let n = 0; n < 3; n++) {
      await swept(ledger, local, { ...context, chain })
      await due()
    }
    expect(await ledger.db.prisma.sweeps.count()).toBe(1)
    expect(await waits()).toEqual({ transfer_refused: 1 })
    await behave(local.odd, 'returnsFalseThoughItMoved')
    await due()
    await swept(ledger, local)
    expect(await ledger.statuses(ids(payments))).toEqual(['settled'])
    expect((await collectionBacklog(ledger.db, local.chain.chainId)).map(({ value }) => value)).toEqual([])
  })

  const UNSURE = { kind: 'works' as const, gas: 60_000n, isSure: false, takesCode: true }

  async function withContracts(): Promise<void> {
    await transaction(ledger.db, 'test.deploy', (tx) => requestDeployment(tx, local.chain.chainId))
    await swept(ledger, local)
  }

  async function pay(count: number): Promise<Payment[]> {
    const payments: Payment[] = []
    for (let n = 0; n < count; n++) {
      const payment = await ledger.newPayment({ asset: local.oddAsset, amount: amount(VALUE) })
      await local.odd.mint(payment.address, VALUE)
      payments.push(payment)
    }
    await local.mine()
    return payments
  }

  /** Does something between the signing and the mining of what a round signs. */
  async function midWay(alter: () => Promise<unknown>): Promise<void> {
    await local.rpc('evm_setAutomine', [false])
    const context = contextOf(ledger, local)
    await leased(ledger, (lease) => sweepRound({ ...context, lease }, new Memory()))
    await alter()
    await local.mine()
    await local.rpc('evm_setAutomine', [true])
  }

  async function round(chain: object): Promise<void> {
    const context = contextOf(ledger, local)
    await leased(ledger, (lease) =>
      sweepRound({ ...context, chain: { ...context.chain, ...chain }, lease }, new Memory()),
    )
    await followChain(ledger.db, local.chain, local)
  }

  async function waits(): Promise<Record<string, number>> {
    const rows = await ledger.db.prisma.collection_waits.groupBy({ by: ['reason'], _count: true })
    return Object.fromEntries(rows.map(({ reason, _count }) => [reason, _count]))
  }

  async function due(): Promise<void> {
    await ledger.db.prisma.collection_waits.updateMany({ data: { retry_at: new Date(0) } })
  }

  async function collectedOf(payments: readonly Payment[]): Promise<bigint> {
    const items = await ledger.db.prisma.sweep_items.findMany()
    const addresses = new Set(payments.map(({ address }) => address.slice(2)))
    return items
      .filter(({ address }) => addresses.has(Buffer.from(address).toString('hex')))
      .reduce((total, { amount_collected }) => total + BigInt(String(amount_collected ?? 0)), 0n)
  }
})

function unanswered(): RetryableRpcError {
  return new RetryableRpcError('timeout', { chain: 'anvil', provider: 'local', method: 'eth_call', reason: '' })
}

function ids(payments: readonly Payment[]): PaymentId[] {
  return payments.map(({ id }) => id)
}
