import type { ChainConfig } from '@ctrip/chain/chain-config'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { AssetRules } from '@ctrip/domain/sweep/policy'

/** What the configuration says of an asset today; null where it no longer knows it. */
export function assetRules(config: ChainConfig, asset: Asset): AssetRules | null {
  if (asset.contract === null)
    return { minSweep: config.native.minSweep, nativePrice: { numerator: 1n, denominator: 1n } }
  return config.tokens.find(({ contract }) => contract === asset.contract) ?? null
}
