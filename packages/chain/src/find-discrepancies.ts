import type { Address } from '@ctrip/domain/address'
import type { Hash } from '@ctrip/domain/hash'
import { type Discrepancy, holdingsOf, type LedgerEntry, reconcile } from '@ctrip/domain/reconcile'
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
 * Where ledger and chain differ at that block, and what cannot be read there. A provider's word alone accuses nobody: balances
 * are not proven, so a difference counts only if no provider that answers agrees with the ledger.
 */
export async function findDiscrepancies(
  pool: RpcPool,
  { tokens }: Pick<ChainConfig, 'tokens'>,
  { block, addresses, entries }: LedgerAtBlock,
  signal?: AbortSignal,
): Promise<Discrepancy[]> {
  const holdings = holdingsOf(addresses, [null, ...tokens.map(({ contract }) => contract)], entries)
  let suspects = reconcile(entries, holdings, await readBalances(pool, block.hash, holdings, { signal }))
  for (const provider of pool.ranking()) {
    if (suspects.length === 0) return []
    const [answer] = await Promise.allSettled([readBalances(pool, block.hash, suspects, { provider, signal })])
    signal?.throwIfAborted()
    if (answer.status === 'fulfilled') suspects = reconcile(entries, suspects, answer.value)
  }
  return suspects
}
