import type { Address } from '@ctrip/domain/address'
import type { Hash } from '@ctrip/domain/hash'
import { type Discrepancy, holdingsOf, keyOf, type LedgerEntry, reconcile } from '@ctrip/domain/reconcile'
import { readBalances } from './balances'
import type { ChainConfig } from './chain-config'
import type { RpcPool } from './rpc/rpc-pool'

/** What the ledger says of these addresses at a block. */
export interface LedgerAtBlock {
  readonly block: { readonly hash: Hash }
  readonly addresses: readonly Address[]
  readonly entries: readonly LedgerEntry[]
}

/**
 * Finds the differences between ledger and chain at that block, and the balances that cannot be read there. Balances are not proven: what one provider tells
 * accuses nobody, and clears nobody. A balance is right when as many providers as the quorum bear the ledger out, and at least two
 * where there are two. It is a discrepancy when one contradicts the ledger and fewer than that bear it out. Throws
 * RetryableRpcError where no provider answers.
 */
export async function findDiscrepancies(
  pool: RpcPool,
  { tokens, quorum }: Pick<ChainConfig, 'tokens' | 'quorum'>,
  { block, addresses, entries }: LedgerAtBlock,
  signal?: AbortSignal,
): Promise<Discrepancy[]> {
  const enough = Math.min(Math.max(2, quorum), pool.status().length)
  const contradicted = new Map<string, Discrepancy>()
  const confirmed = new Map<string, number>()
  let open = holdingsOf(addresses, [null, ...tokens.map(({ contract }) => contract)], entries)
  let failure: unknown = pool.nobodyToAsk('reconciliation')
  let answered = false
  for (const provider of pool.ranking()) {
    if (open.length === 0) break
    const [answer] = await Promise.allSettled([readBalances(pool, block.hash, open, { provider, signal })])
    signal?.throwIfAborted()
    if (answer.status === 'rejected') {
      failure = answer.reason
      continue
    }
    answered = true
    const wrong = new Map(reconcile(entries, open, answer.value).map((found) => [keyOf(found), found]))
    for (const key of open.map(keyOf)) {
      const found = wrong.get(key)
      if (found === undefined) confirmed.set(key, (confirmed.get(key) ?? 0) + 1)
      else contradicted.set(key, preferred(contradicted.get(key), found))
    }
    open = open.filter((holding) => (confirmed.get(keyOf(holding)) ?? 0) < enough)
  }
  if (!answered && open.length > 0) throw failure
  return open.flatMap((holding) => contradicted.get(keyOf(holding)) ?? [])
}

/** A balance says more than that it cannot be read. */
function preferred(known: Discrepancy | undefined, found: Discrepancy): Discrepancy {
  return known === undefined || known.kind === 'unreadable' ? found : known
}
