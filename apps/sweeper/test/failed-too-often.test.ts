import { requestRetry } from '@ctrip/db/chains/operator-requests'
import { transaction } from '@ctrip/db/database/transaction'
import { countCollectionWaits, readWaitingMoney } from '@ctrip/db/sweeps/collection-waits'
import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import { MINED_FAILURES_MAX } from '@ctrip/domain/sweep/policy'
import { openFollowedChain } from './support/followed-chain'
import type { Ledger } from './support/ledger'
import type { LocalChain } from './support/local-chain'
import { behave } from './support/odd-token'
import { coinPayment } from './support/payments'
import { steppedSweeper } from './support/rounds'
import { stopServers } from './support/servers'
import { confirmed, contextOf, swept } from './support/sweeping'

const VALUE = 1_000_000_000_000n

describe('a token whose transfers come through in every trial and fail when they are mined', () => {
  let ledger: Ledger
  let local: LocalChain
  let close: () => Promise<void>

  beforeEach(async () => {
    ;({ ledger, local, close } = await openFollowedChain())
  })

  afterEach(() => close())
  afterAll(stopServers)

  it('is paid for a few times, ever later, and then waits for an operator, also over restarts and when more money comes', async () => {
    const payment = await oddPayment()
    await behave(local.odd, 'failsWhenMined')
    await tries(MINED_FAILURES_MAX + 3)
    expect(await revertedCount()).toBe(MINED_FAILURES_MAX)
    const spent = await gasWalletBalance()
    await local.odd.mint(payment.address, VALUE)
    await confirmed(ledger, local)
    await tries(3)
    expect(await gasWalletBalance()).toBe(spent)
    expect(await countCollectionWaits(ledger.db.prisma, local.chain.chainId)).toEqual(
      new Map([['failed_too_often', 1]]),
    )
    const [wait] = await readWaitingMoney(ledger.db.prisma, local.chain.chainId, 10)
    expect(wait).toMatchObject({ paymentId: payment.id, reason: 'failed_too_often', minedFailures: MINED_FAILURES_MAX })
    const coin = await coinPayment(ledger, local)
    await swept(ledger, local)
    expect(await ledger.statuses([coin.id])).toEqual(['settled'])
  }, 120_000)

  it('is swept after an operator has it tried again', async () => {
    const payment = await oddPayment()
    await behave(local.odd, 'failsWhenMined')
    await tries(MINED_FAILURES_MAX + 1)
    await behave(local.odd, 'plain')
    await tries(1)
    expect(await ledger.statuses([payment.id])).toEqual(['confirmed'])
    await transaction(ledger.db, 'test.retry', (tx) => requestRetry(tx, local.chain.chainId, payment.address))
    await swept(ledger, local)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
    expect(await ledger.db.prisma.collection_waits.count()).toBe(0)
  }, 120_000)

  it('costs no more than its share of the money, all tries and what they handed over counted', async () => {
    const { address } = await oddPayment()
    await behave(local.odd, 'failsWhenMined')
    const first = await gasWalletBalance()
    await swept(ledger, local)
    // Worth a hundred times what two tries and a half cost, of which a hundredth may be spent.
    const feesMax = ((first - (await gasWalletBalance())) * 5n) / 2n
    const worth = feesMax * 100n
    const priced = { ...local.oddAsset, minSweep: 0n, nativePrice: { numerator: worth, denominator: VALUE } }
    const context = { ...contextOf(ledger, local), config: { ...local.chain, tokens: [priced as never] } }
    for (let n = 0; n < MINED_FAILURES_MAX; n++) {
      await due()
      await swept(ledger, local, context)
    }
    const paidOut = first - (await gasWalletBalance())
    expect(paidOut - (await local.provider.getBalance(address))).toBeLessThanOrEqual(feesMax)
    expect(await revertedCount()).toBeLessThan(MINED_FAILURES_MAX)
    const [wait] = await ledger.db.prisma.collection_waits.findMany()
    const unsigned = await ledger.db.prisma.sweep_waits.findMany()
    expect([wait, ...unsigned].map((one) => one?.reason)).toContain('fee_too_high')
    expect(BigInt(wait?.fees_spent.toFixed(0) ?? 0)).toBeGreaterThan(0n)
  }, 120_000)

  it('is reported once for each reason, with the number of addresses, and not with each try', async () => {
    for (let n = 0; n < 6; n++) await oddPayment()
    await behave(local.odd, 'reverts')
    const sweeper = steppedSweeper(ledger, local)
    for (let n = 0; n < 5; n++) {
      await sweeper.round()
      await sweeper.block()
      await due()
    }
    const told = sweeper.warnings.filter(({ msg }) => msg === 'sweep.money_waits')
    expect(told).toMatchObject([{ reason: 'transfer_refused', addresses: 6, asset: 'ODD' }])
    expect(String(told[0]?.['why'])).toContain('paused')
    await behave(local.odd, 'balanceReverts')
    await sweeper.round()
    expect(sweeper.warnings.at(-1)).toMatchObject({ reason: 'balance_unreadable', addresses: 6 })
  })

  it('is swept where it only shrinks with each block, leaving less than a millionth', async () => {
    const payment = await oddPayment()
    await behave(local.odd, 'demurrage')
    await tries(3)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
    expect(await local.odd.trueBalanceOf(payment.address)).toBeLessThanOrEqual(VALUE / 1_000_000n)
    const [item] = await ledger.db.prisma.sweep_items.findMany({ where: { sweeps: { status: 'confirmed' } } })
    expect(BigInt(item?.amount_collected?.toFixed(0) ?? 0)).toBeGreaterThan(VALUE - VALUE / 100_000n)
  }, 60_000)

  async function oddPayment(): Promise<Payment> {
    const payment = await ledger.newPayment({ asset: local.oddAsset, amount: amount(VALUE) })
    await local.odd.mint(payment.address, VALUE)
    await confirmed(ledger, local)
    return payment
  }

  async function tries(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      await due()
      await swept(ledger, local)
    }
  }

  async function due(): Promise<void> {
    await ledger.db.prisma.collection_waits.updateMany({ data: { retry_at: new Date(0) } })
  }

  function revertedCount(): Promise<number> {
    return ledger.db.prisma.sweep_transactions.count({ where: { purpose: 'collect', status: 'reverted' } })
  }

  function gasWalletBalance(): Promise<bigint> {
    return local.provider.getBalance(local.gasWallet.address)
  }
})
