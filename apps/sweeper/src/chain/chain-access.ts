import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import type { Hex } from '@ctrip/chain/hex'
import type { TokenFacts } from '@ctrip/chain/token-facts'
import type { Broadcast } from '@ctrip/chain/transactions/broadcast'
import type { FeeMarket } from '@ctrip/chain/transactions/fee-market'
import type { MinedReceipt } from '@ctrip/chain/transactions/read-receipt'
import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import type { Hash } from '@ctrip/domain/hash'
import type { Holding } from '@ctrip/domain/reconcile'

/** A call tried without sending it. */
export type Trial =
  | {
      readonly kind: 'works'
      readonly gas: bigint
      /** Balances were seen to move. Else the token says no, and the node cannot show whether it moves all the same. */
      readonly isSure: boolean
      /** Not seen to be refused where the sender has code, as an address that has delegated does. */
      readonly takesCode: boolean
    }
  /** It reverts, or moves nothing. */
  | { readonly kind: 'refused'; readonly why: string }

/**
 * What the sweeper asks of a chain, and all it asks: the real one speaks JSON-RPC to the chain's providers, the simulation's
 * forgets, delays and reorganises. Every method may fail at any time, and the answer be lost on its way.
 */
export interface ChainAccess {
  /** Asks each provider again which chain it serves, and leaves out those of another one. */
  recheck(): Promise<void>
  /** The newest block's hash: of any provider, to notice that the chain has moved. */
  head(): Promise<Hash>
  /** The newest block that the consensus layer calls safe or finalized. */
  taggedNumber(tag: 'safe' | 'finalized'): Promise<number>
  /** Whether enough providers have this block at this height. */
  agrees(blockNumber: number, hash: Hash): Promise<boolean>
  /** Never fails for what providers do: it returns `unknown` instead. */
  market(): Promise<FeeMarket>
  /** The most that a rollup charges besides gas for a transaction of this size and gas limit, in wei; 0 elsewhere. */
  dataFee(rawBytes: number, gasLimit: bigint): Promise<Amount>
  balance(address: Address): Promise<Amount>
  /** Null where the token's contract does not tell. */
  tokenBalance(contract: Address, holder: Address): Promise<Amount | null>
  /** What a token says of itself; null where there is no contract. */
  tokenFacts(contract: Address): Promise<TokenFacts | null>
  /**
   * Reads the balances after this block, in the order asked for; null where the token's contract does not tell, or too few
   * providers know that state any more.
   */
  balancesAt(blockHash: Hash, holdings: readonly Holding[]): Promise<readonly (Amount | null)[]>
  /** How many nonces of the account are used in the newest block: of any provider. */
  nonce(address: Address): Promise<number>
  /** The same, as enough providers tell alike: in the newest block, or as of a height. */
  agreedNonce(address: Address, at: 'latest' | number): Promise<number>
  /** The same after this block; null where no provider knows that state any more. */
  nonceAfter(address: Address, blockHash: Hash): Promise<number | null>
  /** Tries a plain transfer of native coin. */
  tryNativeTransfer(from: Address, to: Address): Promise<Trial>
  tryTokenTransfer(contract: Address, from: Address, to: Address, amount: Amount): Promise<Trial>
  /** The account's code; `0x` where it has none. */
  code(address: Address): Promise<Hex>
  /** Whether accounts can delegate to code (EIP-7702). */
  supportsDelegation(): Promise<boolean>
  broadcast(raw: Hex): Promise<Broadcast>
  receipt(hash: Hash): Promise<MinedReceipt | null>
  /** Whether enough providers know no block with this transaction. */
  isNowhere(hash: Hash): Promise<boolean>
  block(hash: Hash): Promise<VerifiedBlock | null>
}
