import type { Broadcast, BroadcastOutcome } from '@ctrip/chain/transactions/broadcast'
import { decodeTransaction } from '@ctrip/chain/transactions/decode-transaction'
import { tipOf } from '@ctrip/chain/transactions/fees'
import type { Payment } from '@ctrip/domain/payment/payment'
import type { ChainAccess } from '../src/chain/chain-access'
import { openFollowedChain } from './support/followed-chain'
import type { Ledger } from './support/ledger'
import type { LocalChain } from './support/local-chain'
import { coinPayment, tokenPayment } from './support/payments'
import { type SteppedSweeper, steppedSweeper } from './support/rounds'
import { stopServers } from './support/servers'
import { swept } from './support/sweeping'

const GWEI = 10n ** 9n
const TIP_ASKED = 25n * GWEI
const BLOCKS = 30

describe('what nodes refuse', () => {
  let ledger: Ledger
  let local: LocalChain
  let close: () => Promise<void>

  beforeEach(async () => {
    ;({ ledger, local, close } = await openFollowedChain())
  })

  afterEach(() => close())

  afterAll(stopServers)

  it('for want of coin is not made dearer, however often it is refused', async () => {
    const payment = await coinPayment(ledger, local)
    const sweeper = steppedSweeper(ledger, local, () => ({
      broadcast: async () => said('insufficientFunds', 'no funds'),
    }))
    await blocks(sweeper)
    expect(await sweeper.attempts()).toHaveLength(1)
    expect(await sweeper.waits()).toEqual(['refused_by_nodes'])
    expect(sweeper.warnings.filter(({ msg }) => msg === 'sweep.not_accepted')).toHaveLength(1)
    await settles(payment)
    expect(await local.provider.getBalance(payment.address)).toBe(0n)
  })

  it('for want of coin is signed for less, by a charge that only the nodes know of', async () => {
    const payment = await coinPayment(ledger, local)
    const surcharge = 5_000n * GWEI
    const sweeper = steppedSweeper(ledger, local, (chain) => ({
      broadcast: async (raw) => {
        const { value, gasLimit, fees } = decodeTransaction(raw)
        const cap = fees.kind === 'eip1559' ? fees.maxFeePerGas : fees.gasPrice
        const overshot = value + gasLimit * cap + surcharge - (await chain.balance(payment.address))
        return overshot > 0n
          ? said('insufficientFunds', `balance 1, tx cost 2, overshot ${overshot}`)
          : chain.broadcast(raw)
      },
    }))
    await blocks(sweeper, 8)
    const attempts = await sweeper.attempts()
    expect(attempts).toHaveLength(2)
    expect(attempts[1]?.cap).toBeLessThanOrEqual(attempts[0]?.cap ?? 0n)
    await settles(payment)
    expect(await local.provider.getBalance(payment.address)).toBe(surcharge)
  })

  it.each<[string, number, (tip: bigint) => string]>([
    [
      'in one step where a node says what it needs',
      2,
      (tip) => `underpriced: gas tip cap ${tip}, minimum needed ${TIP_ASKED}`,
    ],
    ['in a few where none does', 8, () => 'transaction underpriced'],
  ])('for its tip gets there %s, and its cap stays far from the ceiling', async (_name, signaturesMax, reasonFor) => {
    const payment = await tokenPayment(ledger, local)
    const sweeper = steppedSweeper(ledger, local, (chain) => ({
      market: async () => withTip(await chain.market(), 1n),
      broadcast: async (raw) => {
        const tip = tipOf(decodeTransaction(raw).fees)
        return tip < TIP_ASKED ? said('underpriced', reasonFor(tip)) : chain.broadcast(raw)
      },
    }))
    await blocks(sweeper, 12)
    const gasWallet = await ledger.db.prisma.sweep_attempts.count({
      where: { sweep_transactions: { purpose: 'top_up' } },
    })
    expect(gasWallet).toBeLessThanOrEqual(signaturesMax)
    expect((await sweeper.attempts()).every(({ cap }) => cap < 70n * GWEI)).toBe(true)
    expect(await ledger.db.prisma.sweep_transactions.count({ where: { purpose: 'top_up', status: 'signed' } })).toBe(0)
    await settles(payment)
  })

  it('for another reason is not signed again and again: a no-op is tried once', async () => {
    await coinPayment(ledger, local)
    const sweeper = steppedSweeper(ledger, local, () => ({
      broadcast: async () => said('rejected', 'invalid chain id'),
    }))
    await blocks(sweeper)
    expect((await sweeper.attempts()).map(({ cancels }) => cancels)).toEqual([false, true])
  })

  it('for a reason other than the price is sent again as it is', async () => {
    const payment = await coinPayment(ledger, local)
    const sweeper = steppedSweeper(ledger, local, () => ({
      broadcast: async () => said('notTaken', 'sender is sanctioned'),
    }))
    await blocks(sweeper, 10)
    // Between two blocks nothing is sent: the last answer holds.
    await sweeper.round(1)
    await sweeper.round(1)
    expect(await sweeper.attempts()).toHaveLength(1)
    expect(await sweeper.waits()).toEqual(['refused_by_nodes'])
    await settles(payment)
  })

  it('is planned and signed only while fees are known, and says so until then', async () => {
    const payment = await coinPayment(ledger, local)
    const token = await tokenPayment(ledger, local)
    let isKnown = false
    const sweeper = steppedSweeper(ledger, local, (chain) => ({
      market: async () => (isKnown ? chain.market() : { kind: 'unknown' }),
    }))
    await sweeper.round()
    const reasons = (await ledger.db.prisma.collection_waits.findMany()).map(({ reason }) => reason)
    expect(reasons).toEqual(['fees_unknown', 'fees_unknown'])
    isKnown = true
    await ledger.db.prisma.collection_waits.updateMany({ data: { retry_at: new Date(0) } })
    await sweeper.round()
    await sweeper.block()
    isKnown = false
    await sweeper.block()
    await sweeper.round()
    expect(await sweeper.waits()).toEqual(['fees_unknown'])
    await settles(payment)
    await settles(token)
  })

  async function blocks(sweeper: SteppedSweeper, count = BLOCKS): Promise<void> {
    for (let block = 0; block < count; block++) {
      await sweeper.round(block / 3_600 + block * 0.0004)
      await sweeper.block()
    }
  }

  async function settles(payment: Payment): Promise<void> {
    await ledger.db.prisma.collection_waits.updateMany({ data: { retry_at: new Date(0) } })
    await swept(ledger, local)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
  }
})

function said(outcome: BroadcastOutcome, reason: string): Broadcast {
  return { outcome, answers: [{ provider: 'local', outcome, reason }] }
}

function withTip(market: Awaited<ReturnType<ChainAccess['market']>>, tip: bigint): typeof market {
  return market.kind === 'eip1559' ? { ...market, tip } : market
}
