import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import type { Hex } from '@ctrip/chain/hex'
import type { AuthorizedBy } from '@ctrip/chain/transactions/authorized-by'
import type { Fees } from '@ctrip/chain/transactions/fees'
import type { TransactionSigner } from '@ctrip/chain/transactions/transaction-signer'
import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type {
  Attempt,
  MinedAttempt,
  Purpose,
  StrategyName,
  Sweep,
  SweepItem,
  SweepTransaction,
} from '@ctrip/domain/sweep/sweep'
import type { Round } from '../context/round'
import type { LeasedContext } from '../context/sweep-context'
import type { SweepHistory } from '../context/sweep-history'

/** A way to collect. The transaction manager around it knows nonces, fees, replacements and reorgs; it knows what to sign. */
export interface Strategy {
  readonly name: StrategyName
  /** Decides the next step. Called repeatedly while nothing of the sweep is in flight. `history`: the costs so far, which count within every limit. */
  next(round: Round, sweep: Sweep, history: SweepHistory): Promise<Step>
  /** The same collecting transaction at other fees. `shortfallWei`: what nodes say that its sender lacks for it as it was. */
  redraft(
    round: Round,
    sweep: Sweep,
    transaction: SweepTransaction,
    terms: { readonly fees: Fees; readonly shortfallWei: bigint },
  ): Promise<Redraft>
  /** What each address gave, by the block that has the collecting transaction: never by what was meant. */
  collected(context: LeasedContext, mined: MinedSweep, block: VerifiedBlock): Promise<readonly Collected[]>
}

/** A sweep whose collecting transaction stands in a block, and which of its attempts does. */
export interface MinedSweep {
  readonly sweep: Sweep
  readonly attempt: Attempt
  readonly mined: MinedAttempt
}

/** `reason`: null while what is on its way is waited for. */
interface Wait {
  readonly kind: 'wait'
  readonly reason: WaitReason | null
}

export type Step =
  | Wait
  | { readonly kind: 'sign'; readonly draft: Draft }
  /** Nothing more can come of it; the addresses are released. */
  | { readonly kind: 'give_up'; readonly reason: WaitReason }

export type Redraft =
  | { readonly kind: 'replace'; readonly draft: Draft }
  /** The sender cannot pay these fees before this much has reached it. */
  | { readonly kind: 'support'; readonly missingWei: bigint }
  /** What it was to take is gone for good: only its nonce is left to be used. */
  | { readonly kind: 'cancel' }
  | Wait

export interface Draft {
  readonly purpose: Purpose
  readonly signer: TransactionSigner
  /** Null creates a contract. */
  readonly to: Address | null
  readonly value: Amount
  readonly data: Hex
  readonly gasLimit: bigint
  /** Offered within every limit: whoever drafts has asked `limitFees`. */
  readonly fees: Fees
  /** The balance that it takes; null where it takes none, or from many. */
  readonly takes: Amount | null
  /** Delegations that take effect with it (EIP-7702), and whose they are. */
  readonly authorizations?: readonly AuthorizedBy[]
}

export interface Collected {
  readonly item: SweepItem
  /** The amount that reached the treasury. */
  readonly amount: Amount
  /** The amount that left the address. */
  readonly left: Amount
  /** The amount that the transaction requested and the token did not move. */
  readonly stayed: Amount
  /** The balance of the address after the block; null if it was not read, or no provider has it. */
  readonly remaining: Amount | null
  /** What of it was kept back for gas; null for a token, which pays for none. */
  readonly setAside: Amount | null
  /** Where in the block. */
  readonly position: number
}

export interface Cost {
  /** Gas of all its transactions. */
  readonly gas: bigint
  /** Gas of the transaction that moves the money. */
  readonly transferGas: bigint
  /** The cost of both, and the part of it that stays at the address. */
  readonly feeWei: bigint
  readonly gasPriceWei: bigint
  /** The amount there is to sweep. */
  readonly held: Amount
  /** The token moves for senders with code, as an address that has delegated is. */
  readonly takesCode: boolean
}

/** The present cost of a sweep, or the reason why it is impossible. */
export type Quote =
  | ({ readonly kind: 'cost' } & Cost)
  | { readonly kind: 'impossible'; readonly reason: WaitReason; readonly why: string }

/** The item of a sweep that collects from one address. */
export function onlyItem(sweep: Sweep): SweepItem {
  const [item, ...more] = sweep.items
  assert(item !== undefined && more.length === 0, `${sweep.id} collects from one address`)
  return item
}
