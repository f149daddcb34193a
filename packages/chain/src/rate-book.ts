import type { Address } from '@ctrip/domain/address'
import type { CurrencyFeed, Feed, Price, PricedAsset, RateBook } from '@ctrip/domain/rates/rate-book'
import type { ChainConfig, NativeConfig, PriceConfig, TokenConfig } from './chain-config'

/** Every price and currency of chains.yaml. */
export function rateBookOf(chains: readonly ChainConfig[]): RateBook {
  return { assets: chains.flatMap(pricedAssets), currencies: chains.flatMap(currencyFeeds) }
}

/** The asset of a chain (null is native coin) with its price; null if it has none. */
export function pricedAsset(book: RateBook, chainId: number, contract: Address | null): PricedAsset | null {
  return book.assets.find((asset) => asset.chainId === chainId && asset.contract === contract) ?? null
}

function pricedAssets(chain: ChainConfig): PricedAsset[] {
  const assets: (NativeConfig | TokenConfig)[] = [chain.native, ...chain.tokens]
  return assets.flatMap((asset): PricedAsset[] => {
    if (asset.price === null) return []
    const { symbol, decimals } = asset
    const contract = 'contract' in asset ? asset.contract : null
    const price = toPrice(chain, `${symbol}/${asset.price.currency}`, asset.price)
    const readsFeed = price.kind === 'feed' || price.peg !== null
    return [
      {
        ...{ chain: chain.name, chainId: chain.chainId, symbol, contract, decimals, price },
        sequencer: readsFeed ? sequencerOf(chain) : null,
      },
    ]
  })
}

function toPrice({ chainId }: ChainConfig, pair: string, price: PriceConfig): Price {
  const { currency } = price
  if (price.kind === 'feed') {
    const { feed: address, maxAgeSeconds, maxJumpBps } = price
    const feed: Feed = { chainId, pair, address, role: 'price', maxAgeSeconds, maxJumpBps }
    return { kind: 'feed', currency, feed }
  }
  const { rate, peg } = price
  return {
    ...{ kind: 'fixed', currency, rate },
    feed: { chainId, pair, address: null, role: 'price', ...UNLIMITED },
    peg: peg === null ? null : { feed: pegFeed(chainId, pair, peg), maxDeviationBps: peg.maxDeviationBps },
  }
}

/** Of a price that the operator fixed: it has no age, and may change at will. */
const UNLIMITED = { maxAgeSeconds: Number.MAX_SAFE_INTEGER, maxJumpBps: Number.MAX_SAFE_INTEGER }

/** A market that leaves the peg by much is true at once: what guards the price is the deviation. */
function pegFeed(
  chainId: number,
  pair: string,
  { feed: address, maxAgeSeconds }: { readonly feed: Address; readonly maxAgeSeconds: number },
): Feed {
  return { chainId, pair, address, role: 'price', maxAgeSeconds, maxJumpBps: UNLIMITED.maxJumpBps }
}

function currencyFeeds(chain: ChainConfig): CurrencyFeed[] {
  return chain.currencies.map(({ code, feed: address, maxAgeSeconds, maxJumpBps }) => ({
    code,
    feed: { chainId: chain.chainId, pair: `${code}/USD`, address, role: 'price', maxAgeSeconds, maxJumpBps },
    sequencer: sequencerOf(chain),
  }))
}

function sequencerOf({ chainId, sequencerFeed }: ChainConfig): Feed | null {
  if (sequencerFeed === null) return null
  return { chainId, pair: 'sequencer', address: sequencerFeed, role: 'sequencer', ...UNLIMITED }
}
