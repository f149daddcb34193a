import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n

describe('money outside the stages of its payment', () => {
  let scanning: Scanning

  beforeAll(async () => {
    scanning = await openScanning()
  })
  afterAll(() => scanning.close())

  const told = ({ id }: Payment) => scanning.ledger.eventTypes(id)

  async function settled(): Promise<Payment> {
    const payment = await scanning.ledger.newPayment({ amount: amount(ETHER) })
    await scanning.pay(payment, ETHER)
    await scanning.local.mine(3)
    await scanning.scan()
    return payment
  }

  it('in another asset is told when it is included, and when it is confirmed', async () => {
    const payment = await scanning.ledger.newPayment({})
    await (await scanning.local.usdc.transfer(payment.address, 7n)).wait()
    await scanning.scan()
    expect(await told(payment)).toEqual(['payment.created', 'transfer.unmatched'])
    await scanning.local.mine(3)
    await scanning.scan()
    await scanning.scan()
    expect(await told(payment)).toEqual(['payment.created', 'transfer.unmatched', 'transfer.confirmed'])
  })

  it('that a reorg takes is told as gone, and from the beginning when it is included again', async () => {
    const { local, ledger } = scanning
    const contract = local.chain.tokens[0]?.contract ?? null
    const payment = await ledger.newPayment({ asset: { symbol: 'USDC', contract, decimals: 6 } })
    const snapshot = await local.rpc('evm_snapshot')
    const order = await local.payer.populateTransaction({ to: payment.address, value: 7n })
    const raw = await local.payer.signTransaction(order)
    await local.rpc('eth_sendRawTransaction', [raw])
    await scanning.scan()
    await local.rpc('evm_revert', [snapshot])
    await local.mine(2)
    await scanning.scan()
    expect(await told(payment)).toEqual(['payment.created', 'transfer.unmatched', 'transfer.reorged'])
    await local.rpc('eth_sendRawTransaction', [raw])
    await local.mine(3)
    local.payer.reset()
    await scanning.scan()
    expect((await told(payment)).slice(3)).toEqual(['transfer.unmatched', 'transfer.confirmed'])
  })

  it('beyond what confirmed the payment is told as overpaid, and when it is confirmed itself', async () => {
    const payment = await settled()
    await scanning.pay(payment, ETHER / 2n)
    await scanning.local.mine(3)
    await scanning.scan()
    expect((await told(payment)).slice(-3)).toEqual(['payment.confirmed', 'payment.overpaid', 'transfer.confirmed'])
  })
})
