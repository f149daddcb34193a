import { REQUEST_BYTES_MAX, toJson, transactionRequest } from '../src/messages'

const ADDRESS = `0x${'ab'.repeat(20)}`
const WORD = `0x${'cd'.repeat(32)}`
/** Of an item in the call data of a batch: an address and an amount. */
const ITEM_BYTES = 64

const transaction = {
  chain_id: 1,
  nonce: 0,
  to: ADDRESS,
  value: '1',
  data: '0x',
  gas_limit: '21000',
  fees: { gas_price: '5' },
  authorizations: [],
}

describe('a request to sign a transaction', () => {
  it('keeps money above 2⁵³ exact on its way', () => {
    const value = 2n ** 255n + 1n
    const sent: unknown = JSON.parse(toJson(request({ value })))
    expect(transactionRequest.parse(sent).transaction.value).toBe(value)
  })

  it.each([
    ['money as a number', { value: 1 }],
    ['negative money', { value: '-1' }],
    ['money with a leading zero', { value: '01' }],
    ['money of more digits than 256 bits have', { value: '9'.repeat(79) }],
    ['half a byte of data', { data: '0x0' }],
    ['an address with capital letters', { to: ADDRESS.toUpperCase().replace('0X', '0x') }],
    ['a fraction as nonce', { nonce: 0.5 }],
    ['both kinds of fees', { fees: { gas_price: '5', max_fee_per_gas: '5', max_priority_fee_per_gas: '1' } }],
    ['a field that the protocol does not have', { access_list: [] }],
    ['more than 500 authorizations', { authorizations: authorizations(501) }],
  ])('is refused with %s', (_, change) => {
    expect(transactionRequest.safeParse(request(change)).success).toBe(false)
  })

  it('is refused for an account of no known kind, and for a deposit address without its index', () => {
    for (const account of [
      { kind: 'treasury', address: ADDRESS },
      { kind: 'deposit', address: ADDRESS },
    ])
      expect(transactionRequest.safeParse({ ...request({}), account }).success).toBe(false)
  })

  it('of the largest batch, with an authorization for each of its items, is below the limit of a request', () => {
    const data = `0x${'ff'.repeat(4 + 3 * 32 + 500 * ITEM_BYTES)}`
    const largest = request({ data, authorizations: authorizations(500) })
    expect(transactionRequest.safeParse(largest).success).toBe(true)
    expect(Buffer.byteLength(toJson(largest))).toBeLessThan(REQUEST_BYTES_MAX / 2)
  })
})

function request(change: object) {
  return {
    account: { kind: 'gas_wallet', address: ADDRESS },
    recipient_index: null,
    transaction: { ...transaction, ...change },
  }
}

function authorizations(count: number) {
  const one = { chain_id: 1, address: ADDRESS, nonce: 0, y_parity: 1, r: WORD, s: WORD }
  return Array.from({ length: count }, () => one)
}
