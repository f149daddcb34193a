import { toChecksum } from '../address'
import { amount, formatUnits, sum } from '../amount'
import type { Hash } from '../hash'
import type { MerchantId } from '../ids'
import { renderAsset, traceIdOf } from '../payment/view'
import type { Sweep, SweepItem } from './sweep'

/** The sweep object of `GET /sweeps` and of `sweep.*` events: one merchant's part of it, nothing of others'. */
export function renderSweep(sweep: Sweep, merchantId: MerchantId, transactionHash: Hash | null) {
  const items = sweep.items.filter((item) => item.merchantId === merchantId)
  const collected = sum(items.map((item) => item.amountCollected ?? amount(0n)))
  return {
    id: sweep.id,
    object: 'sweep' as const,
    status: sweep.status,
    reason: sweep.reason,
    chain: sweep.chain,
    chain_id: sweep.chainId,
    asset: renderAsset(sweep.chainId, sweep.asset),
    strategy: sweep.strategy,
    treasury: toChecksum(sweep.treasury),
    tx_hash: transactionHash,
    amount_collected: collected.toString(),
    amount_collected_display: formatUnits(collected, sweep.asset.decimals),
    items: items.map(renderItem),
    trace_id: traceIdOf(sweep.traceAnchor),
    created_at: sweep.createdAt.toISOString(),
    completed_at: sweep.completedAt?.toISOString() ?? null,
  }
}

export type SweepView = ReturnType<typeof renderSweep>

function renderItem(item: SweepItem) {
  return {
    payment_id: item.paymentId,
    address: toChecksum(item.address),
    amount_planned: item.amountPlanned.toString(),
    amount_collected: item.amountCollected?.toString() ?? null,
    gas_used: item.gasShare?.toString() ?? null,
    fee: item.feeShare?.toString() ?? null,
    fee_unit: 'wei' as const,
    token_fee: item.tokenFee?.toString() ?? null,
    reason: item.reason,
  }
}
