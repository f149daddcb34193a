import { addressFromBytes } from '@ctrip/domain/address'
import { assert } from '@ctrip/domain/assert'
import { hashFromBytes } from '@ctrip/domain/hash'
import { hexFromBytes } from '@ctrip/domain/hex-digits'
import { idFromUuid } from '@ctrip/domain/ids'
import type {
  Attempt,
  MinedAttempt,
  Purpose,
  StrategyName,
  Sweep,
  SweepItem,
  SweepStatus,
  SweepTransaction,
  TransactionStatus,
} from '@ctrip/domain/sweep/sweep'
import type {
  sweep_attempts as AttemptRow,
  sweep_items as ItemRow,
  Prisma,
  sweeps as SweepRow,
  sweep_transactions as TransactionRow,
} from '../generated/prisma/client'
import { toAmount, toAsset } from '../payments/payment-rows'

export type { AttemptRow, SweepRow, TransactionRow }
/** An item with what signing for it, and telling of it, needs to know. */
export type FullItemRow = ItemRow & { payment_anchor: string; wallet: string; address_index: number }

/** The columns' CHECK constraints hold the unions that are named here. */
export function toSweep(row: SweepRow, items: readonly FullItemRow[]): Sweep {
  return {
    id: idFromUuid('sweep', row.id),
    chain: row.chain,
    chainId: Number(row.chain_id),
    asset: toAsset(row),
    treasury: addressFromBytes(row.treasury),
    strategy: row.strategy as StrategyName,
    status: row.status as SweepStatus,
    reason: row.reason,
    sequence: row.sequence,
    traceAnchor: row.trace_anchor,
    createdAt: row.created_at,
    completedAt: row.completed_at,
    items: items.map(toItem),
  }
}

export function toTransaction(row: TransactionRow, attempts: readonly AttemptRow[]): SweepTransaction {
  return {
    id: row.id,
    sweepId: row.sweep_id === null ? null : idFromUuid('sweep', row.sweep_id),
    chainId: Number(row.chain_id),
    sender: addressFromBytes(row.sender),
    nonce: Number(row.nonce),
    purpose: row.purpose as Purpose,
    status: row.status as TransactionStatus,
    mined: toMined(row),
    attempts: attempts.map(toAttempt),
  }
}

function toItem(row: FullItemRow): SweepItem {
  return {
    address: addressFromBytes(row.address),
    paymentId: idFromUuid('payment', row.payment_id),
    merchantId: idFromUuid('merchant', row.merchant_id),
    paymentAnchor: row.payment_anchor,
    wallet: row.wallet,
    addressIndex: row.address_index,
    amountPlanned: toAmount(row.amount_planned),
    amountCollected: toAmountOrNull(row.amount_collected),
    gasShare: toAmountOrNull(row.gas_share),
    feeShare: toAmountOrNull(row.fee_share),
    tokenFee: toAmountOrNull(row.token_fee),
    reason: row.reason,
    active: row.active,
  }
}

function toMined(row: TransactionRow): MinedAttempt | null {
  const { mined_hash, block_hash, block_number, gas_used, fee_paid } = row
  if (mined_hash === null || block_hash === null || block_number === null) return null
  assert(gas_used !== null && fee_paid !== null, 'what is mined has a price')
  return {
    hash: hashFromBytes(mined_hash),
    blockHash: hashFromBytes(block_hash),
    blockNumber: Number(block_number),
    gasUsed: gas_used,
    feePaid: toAmount(fee_paid),
  }
}

function toAttempt(row: AttemptRow): Attempt {
  return {
    hash: hashFromBytes(row.hash),
    raw: hexFromBytes(row.raw),
    maxFeePerGas: toAmount(row.max_fee_per_gas),
    maxPriorityFeePerGas: toAmount(row.max_priority_fee_per_gas),
    takes: toAmountOrNull(row.takes),
    cancels: row.cancels,
    signedAt: row.signed_at,
    broadcastAt: row.broadcast_at,
  }
}

function toAmountOrNull(value: Prisma.Decimal | null) {
  return value === null ? null : toAmount(value)
}
