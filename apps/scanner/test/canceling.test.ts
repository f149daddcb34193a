import { transaction } from '@ctrip/db/database/transaction'
import { lockPayments } from '@ctrip/db/payments/payments'
import type { PaymentId } from '@ctrip/domain/ids'
import { changePayments } from '@ctrip/use-cases/change-payments'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n
const RACERS = 8

describe('a payment that its merchant asks to cancel', () => {
  let scanning: Scanning

  beforeAll(async () => {
    scanning = await openScanning()
  })
  afterAll(() => scanning.close())

  /** The newest block's time, scanned or not, in milliseconds. */
  async function chainTimeMs(): Promise<number> {
    const { timestamp } = (await scanning.local.rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: string }
    return Number(timestamp) * 1_000
  }

  /** As the API asks, half a second after the newest block. */
  async function askToCancel(id: PaymentId) {
    const at = new Date((await chainTimeMs()) + 500)
    return transaction(scanning.ledger.db, 'test.cancel', async (tx) => {
      await lockPayments(tx, [id])
      const [result] = await changePayments(tx, [id], () => ({ kind: 'cancel_asked', at }), { actor: 'key_1' })
      return result?.outcome.kind
    })
  }

  async function statusOf(id: PaymentId): Promise<string> {
    return (await scanning.payment(id)).status
  }

  it('is canceled once a block later than the request has been scanned, not before', async () => {
    const { id } = await scanning.ledger.newPayment({})
    expect(await askToCancel(id)).toBe('changed')
    await scanning.scan()
    expect(await statusOf(id)).toBe('pending')
    await scanning.local.rpc('evm_increaseTime', [1])
    await scanning.local.mine()
    await scanning.scan()
    expect(await statusOf(id)).toBe('canceled')
    expect(await scanning.ledger.eventTypes(id)).toEqual(['payment.created', 'payment.canceled'])
  })

  it(`goes on if the money was on the chain by then: ${RACERS} requests at once, unscanned transfers before them`, async () => {
    const payments = []
    for (let n = 0; n < RACERS; n++) payments.push(await scanning.ledger.newPayment({}))
    for (const payment of payments) await scanning.pay(payment, ETHER)
    const [scans, outcomes] = await Promise.all([
      scanning.scan(),
      Promise.all(payments.map(({ id }) => askToCancel(id))),
    ])
    expect(scans).toBeUndefined()
    await scanning.local.mine(3)
    await scanning.scan()
    for (const [n, { id }] of payments.entries()) {
      expect(['changed', 'refused']).toContain(outcomes[n])
      expect(await statusOf(id)).toBe('confirmed')
      expect(await scanning.ledger.eventTypes(id)).not.toContain('payment.canceled')
    }
  })

  it('keeps money that comes later visible, up to its confirmation', async () => {
    const payment = await scanning.ledger.newPayment({})
    await askToCancel(payment.id)
    await scanning.local.rpc('evm_increaseTime', [1])
    await scanning.pay(payment, ETHER)
    await scanning.local.mine(3)
    await scanning.scan()
    expect(await scanning.payment(payment.id)).toMatchObject({ status: 'canceled', amountConfirmed: ETHER })
    expect(await scanning.ledger.eventTypes(payment.id)).toEqual([
      'payment.created',
      'payment.canceled',
      'transfer.unmatched',
      'transfer.confirmed',
    ])
  })
})
