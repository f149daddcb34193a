import { decodeTransaction } from '@ctrip/chain/transactions/decode-transaction'
import { NO_SETBACKS, readSetbacks } from '@ctrip/db/sweeps/collection-waits'
import type { Address } from '@ctrip/domain/address'
import type { Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { isUnlisted } from '@ctrip/domain/sweep/unlisted'
import { feeMax } from './round'
import type { SweepContext } from './sweep-context'

/** Earlier costs and tries of the money of a sweep. */
export interface SweepHistory {
  /** Fees in wei: of the sweep's own transactions, and of earlier sweeps that brought nothing of this money. */
  readonly spentWei: bigint
  /** The value that its own top-ups handed over, in wei. An earlier sweep's is still at the address, or was spent on fees. */
  readonly handedOverWei: bigint
  /** Transactions in a row that were mined and brought nothing from this address. */
  minedFailures(address: Address): number
}

/** Reads what the limits of a sweep's fees have to count already, by its transactions. */
export async function readHistory(
  { db, config }: SweepContext,
  sweep: Sweep,
  transactions: readonly SweepTransaction[],
): Promise<SweepHistory> {
  const addresses = sweep.items.map(({ address }) => address)
  // A rescue of a token that is not configured is an operator's decision each time.
  const setbacks = isUnlisted(sweep.asset)
    ? new Map<Address, typeof NO_SETBACKS>()
    : await readSetbacks(db.prisma, config.chainId, sweep.asset, addresses)
  const before = [...setbacks.values()].reduce((total, { feesSpent }) => total + feesSpent, 0n)
  return {
    spentWei: before + spentOn(transactions),
    handedOverWei: handedOverBy(transactions),
    minedFailures: (address) => (setbacks.get(address) ?? NO_SETBACKS).minedFailures,
  }
}

/** Fees of transactions in wei: paid where they are mined, else the most that they may cost. */
function spentOn(transactions: readonly SweepTransaction[]): bigint {
  return transactions.reduce((total, { mined, status, attempts: [newest] }) => {
    if (mined !== null) return total + mined.feePaid
    const isOpen = status === 'signed' || status === 'broadcast'
    return isOpen && newest !== undefined ? total + feeMax(decodeTransaction(newest.raw)) : total
  }, 0n)
}

function handedOverBy(transactions: readonly SweepTransaction[]): bigint {
  return transactions.reduce((total, { purpose, status, mined, attempts }) => {
    if (purpose !== 'top_up' || status === 'dropped') return total
    const attempt = attempts.find(({ hash }) => hash === mined?.hash) ?? attempts[0]
    return attempt === undefined || attempt.cancels ? total : total + decodeTransaction(attempt.raw).value
  }, 0n)
}
