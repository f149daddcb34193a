import { parseAddress } from '../src/address'
import { type Amount, amount } from '../src/amount'
import { holdingsOf, type LedgerEntry, reconcile } from '../src/reconcile'

const ALICE = addressOf('a')
const BOB = addressOf('b')
const USDC = addressOf('c')
const DAI = addressOf('d')

describe('reconcile', () => {
  it('has nothing to say where the balance is what came less what left', () => {
    expect(check([entry({ received: 100n, collected: 60n, fees: 10n })], 30n)).toEqual([])
  })

  it('expects nothing at an address that the ledger knows nothing of', () => {
    expect(check([], 0n)).toEqual([])
  })

  it('finds money that was never recorded', () => {
    expect(check([entry({ received: 100n })], 101n)).toEqual([
      { address: ALICE, contract: null, kind: 'unrecorded', expected: 100n, actual: 101n },
    ])
  })

  it('finds money that is recorded and not there', () => {
    expect(check([entry({ received: 100n })], 99n)).toMatchObject([{ kind: 'missing', expected: 100n, actual: 99n }])
  })

  it('finds a ledger in which more left than came', () => {
    expect(check([entry({ received: 1n, collected: 2n })], 0n)).toMatchObject([{ kind: 'unrecorded', expected: -1n }])
  })

  it('keeps the assets of an address apart', () => {
    const entries = [entry({ received: 5n }), entry({ received: 7n, contract: USDC })]
    const holdings = holdingsOf([ALICE], [null, USDC], entries)
    expect(reconcile(entries, holdings, amounts(7n, 5n)).map(({ contract, kind }) => [contract, kind])).toEqual([
      [null, 'unrecorded'],
      [USDC, 'missing'],
    ])
  })

  it('reports a balance that cannot be read, where the ledger expects something', () => {
    const entries = [entry({ received: 5n, contract: USDC }), entry({ received: 5n, collected: 5n, contract: DAI })]
    const holdings = holdingsOf([ALICE], [], entries)
    expect(reconcile(entries, holdings, [null, null])).toEqual([
      { address: ALICE, contract: USDC, kind: 'unreadable', expected: 5n, actual: null },
    ])
  })

  it('refuses to judge a balance that nobody has looked up', () => {
    expect(() => reconcile([], [{ address: ALICE, contract: null }], [])).toThrow(RangeError)
  })
})

describe('holdingsOf', () => {
  it('asks for every configured asset at every address', () => {
    expect(holdingsOf([ALICE, BOB], [null, USDC], [])).toEqual([
      { address: ALICE, contract: null },
      { address: ALICE, contract: USDC },
      { address: BOB, contract: null },
      { address: BOB, contract: USDC },
    ])
  })

  it('asks for an asset that is recorded, though no longer configured, once', () => {
    const entries = [entry({ contract: DAI, received: 1n }), entry({ received: 1n })]
    expect(holdingsOf([ALICE], [null], entries).map(({ contract }) => contract)).toEqual([null, DAI])
  })
})

function check(entries: readonly LedgerEntry[], balance: bigint) {
  return reconcile(entries, [{ address: ALICE, contract: null }], amounts(balance))
}

function entry(changes: { contract?: typeof USDC; received?: bigint; collected?: bigint; fees?: bigint }): LedgerEntry {
  const { contract = null, received = 0n, collected = 0n, fees = 0n } = changes
  return { address: ALICE, contract, received: amount(received), collected: amount(collected), fees: amount(fees) }
}

function amounts(...values: bigint[]): Amount[] {
  return values.map(amount)
}

function addressOf(digit: string) {
  const address = parseAddress(`0x${digit.repeat(40)}`)
  if (address === null) throw new Error(`not an address: ${digit}`)
  return address
}
