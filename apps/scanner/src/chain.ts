import type { BlockRef } from '@ctrip/chain/blocks/block-ref'
import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import type { TransactionTrace } from '@ctrip/chain/call-trace'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import type { BlockClaim, BlockTag } from '@ctrip/chain/head'
import type { Database } from '@ctrip/db/database/database'
import type { Lease } from '@ctrip/db/leases/leases'
import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import type { Hash } from '@ctrip/domain/hash'
import type { RateBook } from '@ctrip/domain/rates/rate-book'
import type { Logger } from '@ctrip/telemetry/logger'
import type { CatchUp } from './catch-up'
import type { CycleReport } from './observe-chain'

/** What scanning asks of a chain's providers; each call may fail with a RetryableRpcError. */
export interface ChainSource {
  /** All of them, the best to ask first. */
  providers(): readonly string[]
  /** Asks each provider again which chain it serves, and leaves out those of another one. */
  recheck(signal: AbortSignal): Promise<void>
  /** Each provider's block of this tag; who does not answer is left out. */
  readTag(tag: BlockTag, signal: AbortSignal): Promise<BlockClaim[]>
  /** Each provider's block at this height. */
  readHeight(number: number, signal: AbortSignal): Promise<BlockClaim[]>
  /** A block that adds up; null where nobody has it. */
  fetchBlock(ref: BlockRef, signal: AbortSignal): Promise<VerifiedBlock | null>
  /** What this provider says that happened inside; null where it does not trace. */
  fetchTraces(block: VerifiedBlock, provider: string, signal: AbortSignal): Promise<readonly TransactionTrace[] | null>
  /** Native coin that these addresses hold after a block, in their order, by this provider's word. */
  readBalances(blockHash: Hash, addresses: readonly Address[], provider: string, signal: AbortSignal): Promise<Amount[]>
}

/** What scanning one chain needs. */
export interface ChainDeps {
  readonly chain: ChainConfig
  readonly source: ChainSource
  readonly db: Database
  readonly log: Logger
  readonly catchUp: CatchUp
  /** Told what each cycle learns, and how it ends. */
  readonly report: CycleReport
  /** Called after each commit that may have written events. */
  readonly wakeRelay: () => void
  /** Every price of chains.yaml: money of a checkout session that came after its quote is worth what the rates say. */
  readonly rateBook: RateBook
}

/** The right to write this chain: each commit is fenced by it. */
export interface Writing extends ChainDeps {
  readonly lease: Lease
  /** How long a block waits for its traces before it is committed without them; as long as a good provider takes unless given. */
  readonly tracePatienceMs?: number
}

export const ACTOR = 'scanner'
