import type { Address } from './address'
import type { Amount } from './amount'

/** What may be held at an address: the chain's native coin (null) or a token. */
export interface Holding {
  readonly address: Address
  readonly contract: Address | null
}

/** All that the ledger knows to have moved at an address in one asset, up to a block. */
export interface LedgerEntry extends Holding {
  /** Our own gas top-ups among it: they are recorded, though never credited. */
  readonly received: Amount
  /** The amount that sweeps took: the part that reached the treasury, and the part that the token kept. */
  readonly collected: Amount
  /** What the address itself paid for its transactions; of native coin only. */
  readonly fees: Amount
}

/** `unrecorded`: more is there than the ledger knows of; `missing`: less; `unreadable`: the token does not tell. */
export type Discrepancy = Difference | Unreadable

interface Difference extends Holding {
  readonly kind: 'unrecorded' | 'missing'
  /** Below 0 where the ledger says that more left than ever came. */
  readonly expected: bigint
  readonly actual: Amount
}

interface Unreadable extends Holding {
  readonly kind: 'unreadable'
  readonly expected: bigint
  readonly actual: null
}

/** What is to be looked up: every configured asset at every address, and what the ledger knows besides. */
export function holdingsOf(
  addresses: readonly Address[],
  contracts: readonly (Address | null)[],
  entries: readonly LedgerEntry[],
): Holding[] {
  const known = Map.groupBy(entries, ({ address }) => address)
  return addresses.flatMap((address) => {
    const assets = new Set([...contracts, ...(known.get(address) ?? []).map(({ contract }) => contract)])
    return [...assets].map((contract) => ({ address, contract }))
  })
}

/**
 * Finds the balances that are not recorded in − swept − fees. `balances` are those of `holdings`, in their order;
 * null is one that cannot be read, which is reported only where the ledger expects something.
 */
export function reconcile(
  entries: readonly LedgerEntry[],
  holdings: readonly Holding[],
  balances: readonly (Amount | null)[],
): Discrepancy[] {
  const expected = new Map(entries.map((entry) => [keyOf(entry), entry.received - entry.collected - entry.fees]))
  return holdings.flatMap((holding, at) => {
    const actual = balances[at]
    if (actual === undefined) throw new RangeError(`no balance of ${holding.address} was given`)
    const found = compare(holding, expected.get(keyOf(holding)) ?? 0n, actual)
    return found === null ? [] : [found]
  })
}

/** The same asset at the same address has the same key. */
export function keyOf({ address, contract }: Holding): string {
  return `${address}/${contract ?? 'native'}`
}

function compare({ address, contract }: Holding, expected: bigint, actual: Amount | null): Discrepancy | null {
  if (actual === null) return expected === 0n ? null : { address, contract, kind: 'unreadable', expected, actual }
  if (actual === expected) return null
  return { address, contract, kind: actual > expected ? 'unrecorded' : 'missing', expected, actual }
}
