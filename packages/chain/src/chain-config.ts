import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import type { ConfirmationPolicy, FinalityPolicy } from '@ctrip/domain/confirmations'
import type { Rate } from '@ctrip/domain/rates'
import type { ChainFamily } from './blocks/chain-family'
import type { SecretUrl } from './secret-url'

export interface ProviderConfig {
  readonly name: string
  readonly http: SecretUrl
  readonly ws: SecretUrl | null
}

/** The price of an asset, in the contract's §8; its limits are in seconds and in hundredths of a percent. */
export type PriceConfig =
  | {
      readonly kind: 'fixed'
      readonly currency: string
      readonly rate: Rate
      readonly peg: { readonly feed: Address; readonly maxAgeSeconds: number; readonly maxDeviationBps: number } | null
    }
  | {
      readonly kind: 'feed'
      readonly currency: string
      readonly feed: Address
      readonly maxAgeSeconds: number
      readonly maxJumpBps: number
    }

/** A feed on this chain with the dollars for one unit of a currency. */
export interface CurrencyConfig {
  readonly code: string
  readonly feed: Address
  readonly maxAgeSeconds: number
  readonly maxJumpBps: number
}

export interface NativeConfig {
  readonly symbol: string
  readonly decimals: number
  readonly minSweep: Amount
  /** Null: nothing can be priced in a currency and paid in this asset. */
  readonly price: PriceConfig | null
}

export interface TokenConfig {
  readonly symbol: string
  readonly contract: Address
  readonly decimals: number
  readonly minSweep: Amount
  /** What one base unit of the token is worth in base units of the native coin, as an exact fraction; null = unknown. */
  readonly nativePrice: { readonly numerator: bigint; readonly denominator: bigint } | null
  readonly price: PriceConfig | null
}

export interface SweepConfig {
  /** No signature offers more for a unit of gas. */
  readonly maxGasPriceWei: bigint
  /** No signature offers a lower tip: for chains whose nodes ask for one without saying so. */
  readonly minTipWei: bigint
  readonly maxFeeBps: number
  /** The most that all transactions of 24 hours, and any one of them, may cost in fees; null = no limit. */
  readonly maxFeePerDay: Amount | null
  readonly maxFeePerTransaction: Amount | null
  readonly batch: { readonly maxItems: number; readonly maxWaitSeconds: number }
}

/** One chain of chains.yaml (the contract, §5), checked. */
export interface ChainConfig {
  readonly name: string
  /** The name that payers read; `name` where chains.yaml has no other. */
  readonly displayName: string
  /** Whether its coins are worth nothing, which the payer's page says. */
  readonly testnet: boolean
  readonly chainId: number
  /** How its blocks are encoded; from the chain id where chains.yaml does not say. */
  readonly family: ChainFamily
  readonly providers: readonly ProviderConfig[]
  /** Providers that must tell the same: of a block's contents where they are not proven, and of its hash before it confirms a payment. */
  readonly quorum: number
  /** Forbids a quorum of one, and with it that anything is confirmed on a single provider's word. */
  readonly requireAgreement: boolean
  readonly startBlock: number | 'latest'
  readonly blockTimeMs: number
  readonly confirmations: ConfirmationPolicy
  readonly finality: FinalityPolicy
  readonly verify: 'proof' | 'structural'
  readonly internalTransfers: 'trace' | 'none'
  readonly confirmationSloSeconds: number
  readonly explorerUrl: string | null
  /** A node that anyone may ask, told to payers' wallets that do not know the chain. Never one of `providers`: those carry keys. */
  readonly publicRpcUrl: string | null
  readonly native: NativeConfig
  readonly tokens: readonly TokenConfig[]
  readonly treasury: Address
  readonly sweep: SweepConfig
  /** On a rollup: the feed that says whether its sequencer runs. No rate of this chain's feeds is used while it does not. */
  readonly sequencerFeed: Address | null
  /** The currencies of chains.yaml whose feeds are on this chain. */
  readonly currencies: readonly CurrencyConfig[]
}
