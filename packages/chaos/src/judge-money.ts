import type { SweepView } from './api-client'
import type { Movement } from './chain-facts'
import type { Violation } from './violation'

export interface MoneyFacts {
  readonly treasury: string
  readonly gasWallet: string
  /** Lower case. */
  readonly depositAddresses: ReadonlySet<string>
  readonly movements: readonly Movement[]
  readonly sweeps: readonly SweepView[]
  /** By `chain/asset/address`, lower-case address: the balance, and the balance that follows from all transfers. */
  readonly balances: ReadonlyMap<string, { readonly actual: bigint; readonly expected: bigint }>
}

/** Checks that money leaves only to the treasury, that all of it arrives there, and that the books agree. */
export function judgeMoney(facts: MoneyFacts): Violation[] {
  return [...judgeWays(facts), ...judgeBooks(facts), ...judgeBalances(facts), ...judgeLeftovers(facts)]
}

function judgeWays({ movements, depositAddresses, treasury, gasWallet }: MoneyFacts): Violation[] {
  return movements.flatMap(({ from, to, amount, txHash, chain }) => {
    const wrong =
      (depositAddresses.has(from) && to !== treasury) ||
      (from === gasWallet && to !== treasury && !depositAddresses.has(to))
    return wrong
      ? [{ rule: 'money leaves for the treasury alone', subject: `${chain} ${txHash}`, detail: `${amount} to ${to}` }]
      : []
  })
}

function judgeBooks({ movements, depositAddresses, treasury, sweeps }: MoneyFacts): Violation[] {
  const collected = new Map<string, bigint>()
  for (const { from, to, amount, chain, asset } of movements) {
    if (to === treasury && depositAddresses.has(from)) add(collected, `${chain}/${asset}`, amount)
  }
  const booked = new Map<string, bigint>()
  for (const { chain, asset, items } of sweeps) {
    for (const item of items) add(booked, `${chain}/${asset.symbol}`, BigInt(item.amount_collected ?? 0))
  }
  return [...new Set([...collected.keys(), ...booked.keys()])].flatMap((key) => {
    const [onChain, inBooks] = [collected.get(key) ?? 0n, booked.get(key) ?? 0n]
    const detail = `books ${inBooks}, treasury ${onChain}, difference ${inBooks - onChain}`
    return onChain === inBooks ? [] : [{ rule: 'the books say what the treasury got', subject: key, detail }]
  })
}

function judgeBalances({ balances }: MoneyFacts): Violation[] {
  return [...balances].flatMap(([key, { actual, expected }]) =>
    actual === expected
      ? []
      : [{ rule: 'in + funding - swept - fees is what is left', subject: key, detail: `${actual}, not ${expected}` }],
  )
}

/** Tokens are swept completely. Native coin may remain from gas top-ups, always less than any payment. */
function judgeLeftovers({ balances, movements, depositAddresses, gasWallet }: MoneyFacts): Violation[] {
  const topUps = new Map<string, bigint>()
  for (const { from, to, amount, chain } of movements) {
    if (from === gasWallet && depositAddresses.has(to)) add(topUps, `${chain}/ETH/${to}`, amount)
  }
  return [...balances].flatMap(([key, { actual }]) =>
    actual > (topUps.get(key) ?? 0n)
      ? [{ rule: 'what came is collected', subject: key, detail: `${actual} left behind` }]
      : [],
  )
}

function add(sums: Map<string, bigint>, key: string, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount)
}
