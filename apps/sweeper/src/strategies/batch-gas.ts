/** What a batch costs around the tokens' own work: EIP-2028 calldata, EIP-2929 cold accounts, our two contracts' few steps. */
const TRANSACTION_GAS = 21_000n
const ITEM_GAS = 4_000n
/** EIP-7702: per authorization, of an account that may be empty. */
const AUTHORIZATION_GAS = 25_000n
const FRAME_BYTES = 150
const ITEM_BYTES = 52
const AUTHORIZATION_BYTES = 105
/** The batcher gives an item no more. */
const ITEM_GAS_MAX = 200_000n
// A call gets at most 63/64 of what is left (EIP-150), and balances change between estimate and execution.
const MARGIN_PERCENT = 125n

export interface BatchItem {
  /** Of a plain transaction that transfers the token, as the node estimates it. */
  readonly transferGas: bigint
  readonly isDelegated: boolean
}

/** Gas that a batch is expected to use. */
export function batchGas(items: readonly BatchItem[]): bigint {
  return items.reduce((total, item) => total + itemGas(item), TRANSACTION_GAS)
}

/**
 * Gas to offer. Not by the node's estimate of the batch: as one item's failure fails no other, an estimate would settle
 * for so little gas that they all fail.
 */
export function batchGasLimit(items: readonly BatchItem[]): bigint {
  return (batchGas(items) * MARGIN_PERCENT) / 100n + ITEM_GAS_MAX / 4n
}

/** What a batch takes at most as bytes, for chains that charge for them: addresses, amounts, and authorizations (EIP-7702). */
export function batchBytes(items: readonly BatchItem[]): number {
  return items.reduce(
    (total, { isDelegated }) => total + ITEM_BYTES + (isDelegated ? 0 : AUTHORIZATION_BYTES),
    FRAME_BYTES,
  )
}

function itemGas({ transferGas, isDelegated }: BatchItem): bigint {
  const own = transferGas - TRANSACTION_GAS
  return (own < ITEM_GAS_MAX ? own : ITEM_GAS_MAX) + ITEM_GAS + (isDelegated ? 0n : AUTHORIZATION_GAS)
}
