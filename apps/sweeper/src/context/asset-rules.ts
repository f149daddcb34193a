import type { ChainConfig } from '@ctrip/chain/chain-config'
import type { Asset } from '@ctrip/domain/payment/payment'
import type { AssetRules } from '@ctrip/domain/sweep/policy'
import type { Sweep } from '@ctrip/domain/sweep/sweep'
import { isUnlisted } from '@ctrip/domain/sweep/unlisted'
import type { SweepContext } from './sweep-context'

/** What the configuration says of an asset today; null where it no longer knows it. */
export function assetRules(config: ChainConfig, asset: Asset): AssetRules | null {
  if (asset.contract === null)
    return { minSweep: config.native.minSweep, nativePrice: { numerator: 1n, denominator: 1n } }
  return config.tokens.find(({ contract }) => contract === asset.contract) ?? null
}

/** Whether the asset of a sweep was configured when it was planned and is not any more. An operator's rescue never needs it to be. */
export function isTakenOut({ config }: Pick<SweepContext, 'config'>, { asset }: Sweep): boolean {
  return !isUnlisted(asset) && assetRules(config, asset) === null
}
