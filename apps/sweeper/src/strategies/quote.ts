import type { WaitReason } from '@ctrip/domain/sweep/policy'

/** What a collection would cost now, or why it cannot be done. */
export type Quote =
  | { readonly kind: 'cost'; readonly gas: bigint; readonly feeWei: bigint; readonly gasPriceWei: bigint }
  | { readonly kind: 'impossible'; readonly reason: WaitReason; readonly why: string }
