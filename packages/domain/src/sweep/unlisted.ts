import type { Address } from '../address'
import type { Asset } from '../payment/payment'

/** Every token that is not configured: what it calls itself is not to be believed, and would be taken for the real one. */
const UNLISTED = 'unlisted'

export function unlistedAsset(contract: Address, decimals: number): Asset {
  return { symbol: UNLISTED, contract, decimals }
}

/** Whether an asset was collected by an operator's rescue only: nothing plans its collection again. */
export function isUnlisted({ symbol }: Pick<Asset, 'symbol'>): boolean {
  return symbol === UNLISTED
}
