/** What a provider sent that cannot be true, or not all of it. Each is a value of the metric's label `check`. */
export type BlockCheck =
  | 'requested_block' // another block than the one asked for
  | 'malformed'
  | 'consistency' // a transaction, receipt or log that names another block or place; a block that is dated in the future
  | 'receipt_count'
  | 'log_index'
  | 'header_hash'
  | 'transaction_hash'
  | 'transactions_root'
  | 'receipts_root'
  | 'not_provable' // another provider's copy of the same block could be proven
  | 'contents' // enough providers agree on other contents of the same block

/** Ends the verification of a block; `verifyBlock` turns it into a value. */
export class CheckFailed extends Error {
  override readonly name = 'CheckFailed'

  constructor(
    readonly check: BlockCheck,
    detail: string,
  ) {
    super(detail)
  }
}

/** The block is of a kind that we cannot encode: neither proven nor refuted. */
export class NotProvable extends Error {
  override readonly name = 'NotProvable'
}

export function check(name: BlockCheck, holds: boolean, detail: string): asserts holds {
  if (!holds) throw new CheckFailed(name, detail)
}
