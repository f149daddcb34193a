import { AMOUNT_MAX, amount } from '../../src/amount'
import { newId } from '../../src/ids'
import { caip19, paymentUri } from '../../src/payment/asset'
import { amountRemaining, renderPayment, renderTransfer } from '../../src/payment/view'
import { rateOf } from '../../src/rates'
import { address, ETH, hash, late, somePayment, someTransfer, USDC } from './fixtures'

const ADDRESS = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359'
const CONTRACT = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'

describe('the strings for wallets', () => {
  const to = { chainId: 31337, address: address(ADDRESS) }

  it('name native coin by SLIP-44', () => {
    expect(caip19(1, ETH)).toBe('eip155:1/slip44:60')
  })

  it('name a token by its contract', () => {
    expect(caip19(31337, USDC)).toBe(`eip155:31337/erc20:${CONTRACT}`)
  })

  it('ask for native coin by EIP-681, in wei', () => {
    expect(paymentUri({ ...to, asset: ETH }, AMOUNT_MAX)).toBe(`ethereum:${ADDRESS}@31337?value=${AMOUNT_MAX}`)
  })

  it('ask for a token by EIP-681, as a call of its contract', () => {
    expect(paymentUri({ ...to, asset: USDC }, amount(1_500_000n))).toBe(
      `ethereum:${CONTRACT}@31337/transfer?address=${ADDRESS}&uint256=1500000`,
    )
  })
})

describe('the payment object', () => {
  it('has every field of the contract', () => {
    const payment = somePayment({ amount: amount(1_500_000n), reference: 'order-7', metadata: { cart: 'c1' } })
    expect(renderPayment(payment, [], 100)).toEqual({
      id: payment.id,
      object: 'payment',
      status: 'pending',
      flags: [],
      chain: 'anvil',
      chain_id: 31337,
      asset: { symbol: 'USDC', contract: CONTRACT, decimals: 6, caip19: `eip155:31337/erc20:${CONTRACT}` },
      amount: '1500000',
      amount_display: '1.5',
      amount_received: '0',
      amount_confirmed: '0',
      amount_remaining: '1500000',
      amount_accepted: null,
      address: ADDRESS,
      payment_uri: `ethereum:${CONTRACT}@31337/transfer?address=${ADDRESS}&uint256=1500000`,
      checkout_url: 'https://pay.example/checkout',
      confirmations: 0,
      confirmations_required: 3,
      reference: 'order-7',
      metadata: { cart: 'c1' },
      transfers: [],
      sequence: 1,
      trace_id: 'a'.repeat(32),
      created_at: '2026-01-01T00:00:00.000Z',
      expires_at: '2026-01-01T00:30:00.000Z',
      detected_at: null,
      confirmed_at: null,
      settled_at: null,
      cancel_requested_at: null,
      success_url: null,
      cancel_url: null,
      quote: null,
      checkout_session: null,
    })
  })

  describe('where the amount was worked out from a price', () => {
    const quote = {
      currency: 'EUR',
      amount: 1999n,
      rate: rateOf(20_000n, 11n),
      source: 'fixed',
      quotedAt: new Date('2026-01-01T00:00:00Z'),
      expiresAt: new Date('2026-01-01T00:15:00Z'),
    }
    const checkoutSession = newId('checkoutSession')

    it('has the price, the rate, its source, and an end with the payment itself', () => {
      expect(renderPayment(somePayment({ quote }), [], 100).quote).toEqual({
        currency: 'EUR',
        amount: '1999',
        amount_display: '19.99',
        rate: '1818.181818181818181819',
        source: 'fixed',
        quoted_at: '2026-01-01T00:00:00.000Z',
        expires_at: '2026-01-01T00:30:00.000Z',
      })
    })

    it('has an end of its own in a checkout session', () => {
      const { quote: shown } = renderPayment(somePayment({ quote, checkoutSession }), [], 100)
      expect(shown?.expires_at).toBe('2026-01-01T00:15:00.000Z')
    })
  })

  it('lists its transfers, orphaned ones too', () => {
    const transfer = someTransfer(100n, { status: 'orphaned', txHash: hash(7), logIndex: 4 })
    expect(renderPayment(somePayment(), [transfer], 100).transfers).toEqual([
      {
        id: transfer.id,
        tx_hash: hash(7),
        log_index: 4,
        kind: 'erc20',
        from: '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
        amount: '100',
        block_number: 100,
        status: 'orphaned',
        flags: [],
      },
    ])
  })

  it('does not show our own funding', () => {
    expect(renderPayment(somePayment(), [someTransfer(1n, { kind: 'funding', asset: ETH })], 100).transfers).toEqual([])
  })

  it.each([
    ['late', late(1n)],
    ['wrong_asset', someTransfer(1n, { asset: ETH })],
    ['wrong_chain', late(1n, { chainId: 1 })],
  ])('marks a transfer that is %s', (flag, transfer) => {
    expect(renderPayment(somePayment(), [transfer], 100).transfers[0]?.flags).toEqual([flag])
  })

  it('has the confirmations of the youngest transfer that counts', () => {
    const transfers = [
      someTransfer(50n, { blockNumber: 90 }),
      someTransfer(50n, { blockNumber: 95 }),
      someTransfer(50n, { blockNumber: 99, asset: ETH }),
      someTransfer(50n, { blockNumber: 100, status: 'orphaned' }),
    ]
    expect(renderPayment(somePayment(), transfers, 100).confirmations).toBe(6)
  })

  it('has no confirmations before its chain was looked at', () => {
    expect(renderPayment(somePayment(), [someTransfer(50n)], null).confirmations).toBe(0)
  })
})

it('a transfer on its own says to whom, on which chain and in what', () => {
  const payment = somePayment()
  const transfer = someTransfer(10n ** 18n, {
    chainId: 1,
    chain: 'mainnet',
    asset: ETH,
    kind: 'native',
    logIndex: null,
  })
  expect(renderTransfer(payment, transfer)).toMatchObject({
    object: 'transfer',
    payment_id: payment.id,
    chain: 'mainnet',
    chain_id: 1,
    asset: { symbol: 'ETH', contract: null, caip19: 'eip155:1/slip44:60' },
    amount: '1000000000000000000',
    amount_display: '1',
    to: ADDRESS,
    flags: ['wrong_chain'],
  })
})

it.each([
  [0n, 100n],
  [60n, 40n],
  [100n, 0n],
  [150n, 0n],
])('of 100, when %s came, %s are missing', (received, remaining) => {
  expect(amountRemaining(somePayment({ amountReceived: amount(received) }))).toBe(remaining)
})

it.each([
  [{ amountReceived: amount(60n) }, '40'],
  [{ amountReceived: amount(100n) }, '100'],
  [{ amountReceived: amount(60n), amountAccepted: amount(60n) }, '100'],
])('the payment request asks for what remains, and for all of it where nothing does: %s', (changes, units) => {
  expect(renderPayment(somePayment(changes), [], 100).payment_uri).toMatch(new RegExp(`uint256=${units}$`))
})
