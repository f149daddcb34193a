import {
  type Broadcast,
  type BroadcastOutcome,
  isRefusedAsReplacement,
  neededTip,
  shortfallOf,
} from '../../src/transactions/broadcast'

function said(...answers: [BroadcastOutcome, string][]): Broadcast {
  return {
    outcome: answers[0]?.[0] ?? 'unknown',
    answers: answers.map(([outcome, reason]) => ({ provider: 'a', outcome, reason })),
  }
}

describe('what nodes say of a transaction that they refuse', () => {
  it.each<[string, Broadcast, bigint | null]>([
    [
      'geth',
      said(['underpriced', 'transaction gas price below minimum: gas tip cap 1, minimum needed 1000000']),
      1_000_000n,
    ],
    [
      'an older geth, and bor',
      said(['underpriced', 'transaction underpriced: tip needed 25000000000, tip permitted 1']),
      25_000_000_000n,
    ],
    ['the more modest of two', said(['underpriced', 'tip needed 30'], ['underpriced', 'tip needed 20']), 20n],
    ['nobody who gives a number', said(['underpriced', 'transaction underpriced']), null],
    [
      'nobody who refused it for its gas',
      said(['rejected', 'intrinsic gas too low: gas 20000, minimum needed 21000']),
      null,
    ],
  ])('names the tip that it needs: %s', (_node, broadcast, expected) => {
    expect(neededTip(broadcast)).toBe(expected)
  })

  it.each<[string, Broadcast, bigint]>([
    [
      'geth’s pool',
      said(['insufficientFunds', 'insufficient funds for gas * price + value: balance 5, tx cost 7, overshot 2']),
      2n,
    ],
    [
      'geth’s state transition',
      said(['insufficientFunds', 'insufficient funds for gas * price + value: address 0x1 have 5 want 9']),
      4n,
    ],
    ['the less of two', said(['insufficientFunds', 'overshot 9'], ['insufficientFunds', 'overshot 3']), 3n],
    ['nobody who gives a number', said(['insufficientFunds', 'Insufficient funds for gas * price + value']), 0n],
    ['nobody whose numbers make no sense', said(['insufficientFunds', 'have 9 want 5']), 0n],
    ['nobody who refused it for another reason', said(['rejected', 'overshot 3']), 0n],
  ])('names what its sender lacks: %s', (_node, broadcast, expected) => {
    expect(shortfallOf(broadcast)).toBe(expected)
  })

  it.each<[string, Broadcast, boolean]>([
    ['a replacement that is too cheap', said(['underpriced', 'replacement transaction underpriced']), true],
    ['a tip that is too low', said(['underpriced', 'transaction underpriced']), false],
    ['either, by two nodes', said(['underpriced', 'too low to replace'], ['underpriced', 'tip needed 5']), false],
    ['neither', said(['insufficientFunds', '']), false],
  ])('tells %s apart', (_name, broadcast, expected) => {
    expect(isRefusedAsReplacement(broadcast)).toBe(expected)
  })
})
