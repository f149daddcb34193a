import { ROUND_MAX } from '@ctrip/db/chains/progress'
import { amount } from '@ctrip/domain/amount'
import { idToUuid } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n

describe('scanning a chain', () => {
  let scanning: Scanning

  beforeAll(async () => {
    scanning = await openScanning()
  })
  afterAll(() => scanning.close())

  it('detects a native payment and confirms it at its depth', async () => {
    const { id, address } = await scanning.ledger.newPayment({ amount: amount(ETHER) })
    await scanning.pay({ address }, ETHER)
    await scanning.scan()
    expect((await scanning.ledger.read(id)).payment).toMatchObject({ status: 'detected', amountReceived: ETHER })
    await scanning.local.mine(2)
    await scanning.scan()
    expect((await scanning.ledger.read(id)).payment).toMatchObject({ status: 'confirmed', amountConfirmed: ETHER })
    expect(await scanning.ledger.eventTypes(id)).toEqual(['payment.created', 'payment.detected', 'payment.confirmed'])
  })

  it('adds up two token transfers, and tells of each', async () => {
    const asset = { symbol: 'USDC', contract: scanning.local.chain.tokens[0]?.contract ?? null, decimals: 6 }
    const { id, address } = await scanning.ledger.newPayment({ asset, amount: amount(1_500_000n) })
    await (await scanning.local.usdc.transfer(address, 500_000n)).wait()
    await scanning.scan()
    expect((await scanning.ledger.read(id)).payment.status).toBe('partially_paid')
    await (await scanning.local.usdc.transfer(address, 1_000_000n)).wait()
    await scanning.scan()
    const { payment, transfers } = await scanning.ledger.read(id)
    expect(payment).toMatchObject({ status: 'detected', flags: ['multiple'], amountReceived: 1_500_000n })
    expect(transfers.map(({ kind, amount }) => [kind, amount])).toEqual([
      ['erc20', 500_000n],
      ['erc20', 1_000_000n],
    ])
  })

  it('tells both stages in order when it catches up over both at once', async () => {
    const { id, address } = await scanning.ledger.newPayment({})
    await scanning.pay({ address }, ETHER)
    await scanning.local.mine(10)
    await scanning.scan()
    expect(await scanning.ledger.eventTypes(id)).toEqual(['payment.created', 'payment.detected', 'payment.confirmed'])
  })

  it('expires what was not paid when the chain has passed its time, and carries it on when money comes late', async () => {
    const { id, address } = await scanning.ledger.newPayment({
      createdAt: new Date(Date.now() - 10_000),
      expiresAt: new Date(Date.now() - 5_000),
    })
    await scanning.local.mine()
    await scanning.scan()
    expect((await scanning.ledger.read(id)).payment.status).toBe('expired')
    await scanning.pay({ address }, ETHER)
    await scanning.scan()
    expect((await scanning.ledger.read(id)).payment).toMatchObject({ status: 'detected', flags: ['late'] })
    expect(await scanning.ledger.eventTypes(id)).toEqual([
      'payment.created',
      'payment.expired',
      'payment.late',
      'payment.detected',
    ])
  })

  it('expires in one go all that was not paid, however many', async () => {
    const over = { createdAt: new Date(Date.now() - 10_000), expiresAt: new Date(Date.now() - 5_000) }
    const unpaid: Payment[] = []
    while (unpaid.length <= ROUND_MAX) unpaid.push(await scanning.ledger.newPayment(over))
    await scanning.local.mine()
    await scanning.scan()
    const open = { id: { in: unpaid.map(({ id }) => idToUuid(id)) }, status: { not: 'expired' } }
    expect(await scanning.ledger.db.prisma.payments.count({ where: open })).toBe(0)
  })

  it('leaves late money with an expired payment under review', async () => {
    const { id, address } = await scanning.ledger.newPayment({
      latePolicy: 'review',
      createdAt: new Date(Date.now() - 10_000),
      expiresAt: new Date(Date.now() - 5_000),
    })
    await scanning.pay({ address }, ETHER)
    await scanning.scan()
    expect((await scanning.ledger.read(id)).payment).toMatchObject({ status: 'expired', amountReceived: ETHER })
    expect(await scanning.ledger.eventTypes(id)).toEqual(['payment.created', 'payment.expired', 'payment.late'])
  })

  it('records money in another asset, and says so', async () => {
    const { id, address } = await scanning.ledger.newPayment({})
    await (await scanning.local.usdc.transfer(address, 7n)).wait()
    await scanning.scan()
    const { payment, transfers } = await scanning.ledger.read(id)
    expect(payment).toMatchObject({ status: 'pending', flags: ['wrong_asset'], amountReceived: 0n })
    expect(transfers).toHaveLength(1)
    expect(await scanning.ledger.eventTypes(id)).toEqual(['payment.created', 'transfer.unmatched'])
  })
})
