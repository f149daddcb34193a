import type { ChainConfig } from '@ctrip/chain/chain-config'
import { parseAddress } from '@ctrip/domain/address'
import type { Asset } from '@ctrip/domain/payment/payment'

/** The chain of this name or chain id. */
export function findChain(chains: readonly ChainConfig[], nameOrId: string): ChainConfig | null {
  return chains.find((chain) => chain.name === nameOrId || String(chain.chainId) === nameOrId) ?? null
}

/** The chain's asset of this symbol (in any case: they are unique that way) or contract. */
export function findAsset(chain: ChainConfig, symbolOrContract: string): Asset | null {
  const contract = parseAddress(symbolOrContract)
  const symbol = symbolOrContract.toLowerCase()
  const isIt = (asset: Asset): boolean =>
    contract === null ? asset.symbol.toLowerCase() === symbol : asset.contract === contract
  return assetsOf(chain).find(isIt) ?? null
}

/** The native coin first. */
export function assetsOf({ native, tokens }: ChainConfig): Asset[] {
  return [
    { symbol: native.symbol, contract: null, decimals: native.decimals },
    ...tokens.map(({ symbol, contract, decimals }) => ({ symbol, contract, decimals })),
  ]
}
