import type { ChainConfig } from '@ctrip/chain/chain-config'
import type { AuthorizationSigner, TransactionSigner } from '@ctrip/chain/transactions/transaction-signer'
import type { Database } from '@ctrip/db/database/database'
import type { Lease } from '@ctrip/db/leases/leases'
import type { Address } from '@ctrip/domain/address'
import type { Logger } from '@ctrip/telemetry/logger'
import type { ChainAccess } from '../chain/chain-access'
import type { Conditions } from './conditions'

/** What a chain's sweeps are made with. */
export interface SweepContext {
  readonly config: ChainConfig
  readonly chain: ChainAccess
  readonly db: Database
  readonly keys: SweepKeys
  readonly log: Logger
  /** Says what lasts, once. */
  readonly conditions: Conditions
  /** Events were committed. */
  readonly wakeRelay: () => void
  readonly now: () => Date
}

/** Asked for every signature. No caller knows where the keys are. */
export interface SweepKeys {
  readonly deposits: DepositSigners
  /** Names the wallet that deposit addresses must belong to. */
  readonly walletFingerprint: string
  readonly gasWallet: TransactionSigner
  /** Whether calls of this batcher, and delegations to its delegate, are signed. */
  signsFor(chainId: number, batcher: Address): Promise<boolean>
}

interface DepositSigners {
  /** The signer of the deposit address of this number (`depositPath`). Callers compare its address with the one on record first. */
  signer(number: number): Promise<AuthorizationSigner>
}

/** A round's context: with the right to sign, under one epoch of the gas wallet's lease. */
export interface LeasedContext extends SweepContext {
  readonly lease: Lease
}
