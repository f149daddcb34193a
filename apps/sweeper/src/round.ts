import type { SweepContracts } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import { feeCap } from '@ctrip/chain/transactions/fees'
import type { SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { readContracts } from './contracts'
import { decodeTransaction } from './decode-transaction'
import type { FeeMarket } from './fees'
import { once } from './once'
import type { LeasedContext } from './sweep-context'

/** One round of work on a chain: the right to sign, and what it asks of the chain once for all. */
export interface Round extends LeasedContext {
  market(): Promise<FeeMarket>
  gasBudget(): Promise<GasBudget>
  /** Our contracts, where they are deployed and are ours. */
  contracts(): Promise<SweepContracts | null>
}

/** What the gas wallet has that nothing signed lays claim to. */
export interface GasBudget {
  /** Lays claim to an amount; false where that much is not there. */
  take(wei: bigint): boolean
}

export function beginRound(context: LeasedContext, unmined: readonly SweepTransaction[]): Round {
  return {
    ...context,
    market: once(() => context.chain.market()),
    gasBudget: once(() => readGasBudget(context, unmined)),
    contracts: once(() => readContracts(context)),
  }
}

async function readGasBudget(context: LeasedContext, unmined: readonly SweepTransaction[]): Promise<GasBudget> {
  const { address } = context.keys.gasWallet
  const balance = await context.chain.balance(address)
  let free: bigint = balance
  for (const transaction of unmined) if (transaction.sender === address) free -= claimOf(transaction)
  return {
    take(wei) {
      if (wei > free) return false
      free -= wei
      return true
    },
  }
}

/** The most that a transaction can still cost its sender. */
function claimOf(transaction: SweepTransaction): bigint {
  const [newest] = transaction.attempts
  if (newest === undefined) return 0n
  const { value, gasLimit, fees } = decodeTransaction(newest.raw)
  return value + gasLimit * feeCap(fees)
}
