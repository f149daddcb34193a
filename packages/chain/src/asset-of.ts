import type { Address } from '@ctrip/domain/address'
import type { Asset } from '@ctrip/domain/payment/payment'
import { unlistedAsset } from '@ctrip/domain/sweep/unlisted'
import type { ChainConfig } from './chain-config'

/** The asset of a contract; null is native coin. A token that is not configured gets no name of its own: it could call itself by another's. */
export function assetOf({ native, tokens }: ChainConfig, contract: Address | null, unlistedDecimals: number): Asset {
  if (contract === null) return { symbol: native.symbol, decimals: native.decimals, contract }
  const token = tokens.find((one) => one.contract === contract)
  if (token === undefined) return unlistedAsset(contract, unlistedDecimals)
  return { symbol: token.symbol, decimals: token.decimals, contract }
}
