import { requestDeployment } from '@ctrip/db/chains/operator-requests'
import { transaction } from '@ctrip/db/database/transaction'
import { addressFromBytes } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import type { PaymentId } from '@ctrip/domain/ids'
import { followChain } from './support/follow-chain'
import { type Ledger, openLedger } from './support/ledger'
import { type LocalChain, startLocalChain } from './support/local-chain'
import { stopServers } from './support/servers'
import { confirmed, swept } from './support/sweeping'

const ETHER = 10n ** 18n

describe('collecting into the treasury', () => {
  let ledger: Ledger
  let local: LocalChain

  beforeAll(async () => {
    ledger = await openLedger()
    local = await startLocalChain()
    await followChain(ledger.db, local.chain, local)
  })

  afterAll(async () => {
    await local.stop()
    await ledger.close()
    await stopServers()
  })

  it('collects a native payment to the last wei, and settles it', async () => {
    const { id, address } = await ledger.newPayment({ amount: amount(ETHER) })
    await (await local.payer.sendTransaction({ to: address, value: ETHER })).wait()
    await confirmed(ledger, local)
    expect(await ledger.statuses([id])).toEqual(['confirmed'])
    await swept(ledger, local)
    expect(await ledger.statuses([id])).toEqual(['settled'])
    expect(await local.provider.getBalance(address)).toBe(0n)
  })

  it('tops an address up and collects its tokens', async () => {
    const { id, address } = await ledger.newPayment({ asset: local.usdcAsset, amount: amount(1_500_000n) })
    await (await local.usdc.transfer(address, 1_500_000n)).wait()
    await confirmed(ledger, local)
    await swept(ledger, local)
    expect(await ledger.statuses([id])).toEqual(['settled'])
    expect(await local.usdc.balanceOf(address)).toBe(0n)
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBe(1_500_000n)
  })

  it('collects tokens of many addresses in one transaction, when asked to deploy what that takes', async () => {
    await transaction(ledger.db, 'test.deploy', (tx) => requestDeployment(tx, local.chain.chainId))
    await swept(ledger, local)
    const payments = await tokenPayments(8)
    await confirmed(ledger, local)
    await swept(ledger, local)
    expect(await ledger.statuses(payments)).toEqual(payments.map(() => 'settled'))
    const [batch, ...more] = await batches()
    expect([batch?.status, batch?.sweep_items.length, more.length]).toEqual(['confirmed', 8, 0])
    expect(await transactionsOf('authorize')).toEqual(Array(8).fill('confirmed'))
  })

  it('needs no further authorisation for an address that has delegated', async () => {
    const [batch] = await batches()
    const addresses = batch?.sweep_items.map(({ address }) => addressFromBytes(address)) ?? []
    for (const address of addresses) await (await local.usdc.transfer(address, 10n)).wait()
    await confirmed(ledger, local)
    await swept(ledger, local)
    const [, again] = await batches()
    expect([again?.status, again?.sweep_items.length]).toEqual(['confirmed', 8])
    expect(await transactionsOf('authorize')).toHaveLength(8)
    expect(await ledger.db.prisma.transfers.count({ where: { collected_by: null, kind: { not: 'funding' } } })).toBe(0)
  })

  async function batches() {
    const where = { strategy: 'delegated_batch' }
    return ledger.db.prisma.sweeps.findMany({ where, include: { sweep_items: true }, orderBy: { id: 'asc' } })
  }

  async function transactionsOf(purpose: string): Promise<string[]> {
    return (await ledger.db.prisma.sweep_transactions.findMany({ where: { purpose } })).map(({ status }) => status)
  }

  async function tokenPayments(count: number): Promise<PaymentId[]> {
    const payments: PaymentId[] = []
    for (let n = 0; n < count; n++) {
      const { id, address } = await ledger.newPayment({ asset: local.usdcAsset, amount: amount(1_500_000n) })
      await (await local.usdc.transfer(address, 1_500_000n)).wait()
      payments.push(id)
    }
    return payments
  }
})
