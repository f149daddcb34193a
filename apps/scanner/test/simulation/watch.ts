import type { Executor } from '@ctrip/db/database/database'
import { idFromUuid, type PaymentId } from '@ctrip/domain/ids'
import type { TransactionWatch } from './faulty-database'
import type { Leader } from './leaders'
import type { World } from './world'

/** What the oracle learns while things happen, and could not tell from the ledger afterwards. */
export interface Witness {
  begin(leader: Leader, ...watched: Parameters<TransactionWatch['begin']>): ReturnType<TransactionWatch['begin']>
  /** How many committed reorgs took counted money from a payment. */
  readonly reverts: ReadonlyMap<PaymentId, number>
  readonly violations: readonly string[]
}

/** The operations that commit only on a block that `quorum` providers have. */
const NEEDS_QUORUM = ['confirm.payments', 'expire.payments', 'scan.finalize']

export function witness(world: World, chainId: number, quorum: number): Witness {
  const reverts = new Map<PaymentId, number>()
  const violations: string[] = []
  return {
    reverts,
    violations,
    async begin(leader, operation, tx) {
      const counted = operation === 'scan.reorg' ? await countedTransfers(tx, chainId) : []
      return async () => {
        // Now, and not at the beginning: another leader may have come in since.
        const { name, stale } = leader
        const still =
          operation === 'scan.reorg' ? new Set((await countedTransfers(tx, chainId)).map(({ id }) => id)) : null
        const lost = still === null ? [] : counted.filter(({ id }) => !still.has(id))
        const agreeing = NEEDS_QUORUM.includes(operation) ? await supporters(tx, world, chainId) : quorum
        return (wrote) => {
          for (const id of new Set(lost.map(({ paymentId }) => paymentId))) reverts.set(id, (reverts.get(id) ?? 0) + 1)
          if (wrote && stale) violations.push(`${operation} of ${name} was committed under an epoch that is over`)
          if (wrote && agreeing < quorum)
            violations.push(`${operation} was committed with ${agreeing} of ${quorum} providers`)
        }
      }
    },
  }
}

/** Transfers that count for their payments: in the right asset, on the right chain, and not our own. */
async function countedTransfers(tx: Executor, chainId: number): Promise<{ id: string; paymentId: PaymentId }[]> {
  const rows = await tx.$queryRaw<{ id: string; payment_id: string }[]>`
    SELECT transfers.id, payment_id FROM transfers JOIN payments ON payments.id = payment_id
    WHERE transfers.chain_id = ${chainId} AND payments.chain_id = ${chainId} AND transfers.status <> 'orphaned'
      AND kind <> 'funding' AND transfers.asset_contract IS NOT DISTINCT FROM payments.asset_contract`
  return rows.map((row) => ({ id: row.id, paymentId: idFromUuid('payment', row.payment_id) }))
}

/** How many providers have ever had the block that the scanner stands at. */
async function supporters(tx: Executor, world: World, chainId: number): Promise<number> {
  const rows = await tx.$queryRaw<{ hash: string }[]>`
    SELECT '0x' || encode(cursor_hash, 'hex') AS hash FROM chain_state WHERE chain_id = ${chainId}`
  for (const [hash, providers] of world.supporters) if (hash === rows[0]?.hash) return providers.size
  return 0
}
