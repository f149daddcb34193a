import type { ChainConfig } from '@ctrip/chain/chain-config'
import type { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import type { Database } from '@ctrip/db/database'
import type { Lease } from '@ctrip/db/leases'
import type { Logger } from '@ctrip/telemetry/logger'

/** What scanning one chain needs. */
export interface ChainDeps {
  readonly chain: ChainConfig
  readonly pool: RpcPool
  readonly db: Database
  readonly log: Logger
  /** Called after each commit that may have written events. */
  readonly wakeRelay: () => void
}

/** The right to write this chain: each commit is fenced by it. */
export interface Writing extends ChainDeps {
  readonly lease: Lease
}

export const ACTOR = 'scanner'

export function writerLease(chainId: number): string {
  return `chain-writer:${chainId}`
}
