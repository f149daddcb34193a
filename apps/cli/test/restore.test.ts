import { encodeTransferCall } from '@ctrip/chain/erc20'
import { decodeCollection, decodeTransferCall } from '@ctrip/chain/sweep-contracts/decode-calls'
import { deploymentCode, encodeCollection } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import type { DecodedTransaction } from '@ctrip/chain/transactions/decode-transaction'
import { type Address, addressFromBytes } from '@ctrip/domain/address'
import { AMOUNT_MAX, amount, ZERO } from '@ctrip/domain/amount'
import { chooseIndexes, MARGIN, SEARCHED_AHEAD } from '../src/restore/choose-indexes'
import { recognizeTransaction } from '../src/restore/recognize-transaction'

const [gasWallet, treasury, deposit, other, token, stranger] = Array.from({ length: 6 }, (_, n) => address(n + 1)) as [
  Address,
  Address,
  Address,
  Address,
  Address,
  Address,
]

describe('which address indexes may have been given out', () => {
  const known = { next: 50, assigned: new Set(range(0, 40)), seen: [], issued: null, isDone: false }

  it('are those taken ahead before the backup, and a margin past the last that was used', () => {
    const { indexes, nextIndex } = chooseIndexes({ ...known, seen: [44, 70] })
    expect(indexes).toEqual(range(40, 71 + MARGIN))
    expect(nextIndex).toBe(71 + MARGIN)
  })

  it('are those that the operator says, or more where the chains show more', () => {
    expect(chooseIndexes({ ...known, issued: 60 }).nextIndex).toBe(61)
    expect(chooseIndexes({ ...known, issued: 60, seen: [65] }).nextIndex).toBe(66)
  })

  it('are none where that was dealt with', () => {
    const done = { ...known, assigned: new Set(range(0, 50)), isDone: true }
    expect(chooseIndexes(done)).toEqual({ indexes: [], nextIndex: 50 })
  })

  it('are not guessed where the search may have ended too soon', () => {
    expect(() => chooseIndexes({ ...known, seen: [50 + SEARCHED_AHEAD - 1] })).toThrow('--issued')
  })
})

describe('what a transaction of ours was for', () => {
  const accounts = { gasWallet, treasury, isDeposit: (one: Address) => one === deposit || one === other }
  const items = [
    { address: deposit, amount: amount(5n) },
    { address: other, amount: amount(70_000n) },
  ]

  it.each([
    ['native coin', deposit, { to: treasury, value: amount(9n) }, 'native'],
    ['a token', deposit, { to: token, data: encodeTransferCall(treasury, amount(9n)) }, 'token_top_up'],
    ['a batch', gasWallet, { to: stranger, data: encodeCollection(token, items) }, 'delegated_batch'],
  ] as const)('knows the collection of %s', (_what, sender, transaction, strategy) => {
    const found = recognizeTransaction(sender, signed(transaction), accounts)
    expect(found).toMatchObject({ purpose: 'collect', collects: { strategy } })
  })

  it.each([
    ['top_up', gasWallet, { to: deposit, value: amount(1n) }],
    ['deploy', gasWallet, { to: null, data: deploymentCode(treasury) }],
    ['cancel', gasWallet, { to: gasWallet }],
    ['cancel', deposit, { to: deposit }],
  ] as const)('knows a %s', (purpose, sender, transaction) => {
    expect(recognizeTransaction(sender, signed(transaction), accounts)).toMatchObject({ purpose, collects: null })
  })

  it.each([
    ['coin sent to somebody', deposit, { to: stranger, value: amount(1n) }],
    ['a token sent to somebody', deposit, { to: token, data: encodeTransferCall(stranger, amount(9n)) }],
    ['coin of the gas wallet sent to somebody', gasWallet, { to: stranger, value: amount(1n) }],
    ['a contract that pays another treasury', gasWallet, { to: null, data: deploymentCode(stranger) }],
    [
      'a batch of an address that is not ours',
      gasWallet,
      { to: token, data: encodeCollection(token, [{ address: stranger, amount: amount(1n) }]) },
    ],
  ] as const)('does not take for its own: %s', (_what, sender, transaction) => {
    expect(recognizeTransaction(sender, signed(transaction), accounts)).toBeNull()
  })

  it('reads back what the sweeper encodes', () => {
    const widest = [{ address: deposit, amount: AMOUNT_MAX }]
    expect(decodeCollection(encodeCollection(token, items))).toEqual({ token, items })
    expect(decodeCollection(encodeCollection(token, widest))).toEqual({ token, items: widest })
    expect(decodeTransferCall(encodeTransferCall(treasury, AMOUNT_MAX))).toEqual({ to: treasury, amount: AMOUNT_MAX })
  })

  function signed(transaction: Partial<DecodedTransaction>): DecodedTransaction {
    const fees = { kind: 'legacy', gasPrice: 1n } as const
    return { nonce: 0, to: null, value: ZERO, data: '0x', gasLimit: 21_000n, fees, authorizations: [], ...transaction }
  }
})

function address(n: number): Address {
  return addressFromBytes(Buffer.alloc(20, n))
}

function range(from: number, below: number): number[] {
  return Array.from({ length: below - from }, (_, n) => from + n)
}
