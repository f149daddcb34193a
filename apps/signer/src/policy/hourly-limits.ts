import type { RefusalRule } from '@ctrip/signer-protocol/messages'

const HOUR_MS = 3_600_000

/** A signature of the gas wallet: the most that its transaction takes from the wallet. */
export interface Spending {
  readonly chainId: number
  readonly nonce: number
  readonly wei: bigint
  readonly atMs: number
}

export interface HourlyLimits {
  /** The rule that one more signature would break; null where it breaks none. */
  exceeded(spending: Spending): { readonly rule: RefusalRule; readonly detail: string } | null
  note(spending: Spending): void
}

export interface Ceilings {
  readonly transactionsPerHour: number
  /** In base units of the chain's coin. */
  spendPerHour(chainId: number): bigint
}

/**
 * Limits of what the gas wallet signs in an hour, for each chain. A nonce counts once, with the dearest transaction that was signed for
 * it: only one of them is mined. Noted from the log at the start, so that a restart does not reset them.
 */
export function hourlyLimits({ transactionsPerHour, spendPerHour }: Ceilings): HourlyLimits {
  const byChain = new Map<number, Map<number, Spending>>()
  const recent = (chainId: number, nowMs: number): Map<number, Spending> => {
    const all = byChain.get(chainId) ?? new Map<number, Spending>()
    byChain.set(chainId, all)
    for (const [nonce, { atMs }] of all) if (atMs <= nowMs - HOUR_MS) all.delete(nonce)
    return all
  }
  return {
    exceeded({ chainId, nonce, wei, atMs }) {
      const others = [...recent(chainId, atMs).values()].filter((one) => one.nonce !== nonce)
      if (others.length >= transactionsPerHour)
        return { rule: 'hourly_count_reached', detail: `${others.length} transactions of the gas wallet in an hour` }
      const spent = others.reduce((total, one) => total + one.wei, 0n)
      const most = spendPerHour(chainId)
      return spent + wei > most
        ? { rule: 'hourly_spend_reached', detail: `${spent} and ${wei} wei are above ${most} in an hour` }
        : null
    },
    note(spending) {
      const all = recent(spending.chainId, spending.atMs)
      const before = all.get(spending.nonce)
      if (before === undefined || before.wei < spending.wei) all.set(spending.nonce, spending)
    },
  }
}
