import { readFileSync, writeFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import type { ChainDescriptor } from './stack-descriptor'

export interface LocalChain {
  readonly rpcUrl: string
  readonly blockTimeSeconds: number
  readonly treasury: string
  readonly token: string
  /** Without: nothing has a price. */
  readonly feeds?: readonly LocalFeed[]
  /** Default: trace. */
  readonly internalTransfers?: 'trace' | 'none'
}

/** A price feed of the local chain: dollars for one unit of an asset or of a currency. */
export interface LocalFeed {
  readonly asset: 'ETH' | 'EUR'
  readonly contract: string
}

/** Nobody updates the local feeds by the hour: their price holds until somebody sets another. */
const FEED_AGE_SECONDS_MAX = 315_360_000

export const LOCAL_CHAIN_NAME = 'anvil'
export const LOCAL_CHAIN_ID = 31337
export const LOCAL_TOKEN = { symbol: 'USDC', decimals: 6 }

/** Writes the `chains.yaml` of the local stack. */
export function writeChainsFile(file: string, chain: LocalChain): void {
  const feeds = (chain.feeds ?? []).map(({ asset, contract }) => ({
    asset,
    feed: contract,
    max_age_seconds: FEED_AGE_SECONDS_MAX,
  }))
  const ether = feeds.find(({ asset }) => asset === 'ETH')
  const euro = feeds.find(({ asset }) => asset === 'EUR')
  const content = {
    name: LOCAL_CHAIN_NAME,
    chain_id: LOCAL_CHAIN_ID,
    testnet: true,
    providers: [{ name: 'local', http: chain.rpcUrl, ws: chain.rpcUrl.replace(/^http/, 'ws') }],
    quorum: 1,
    start_block: 'latest',
    block_time_ms: Math.round(chain.blockTimeSeconds * 1_000),
    confirmations: { depth: 3 },
    finality: { depth: 64 },
    verify: 'proof',
    internal_transfers: chain.internalTransfers ?? 'trace',
    confirmation_slo_seconds: 60,
    explorer_url: null,
    public_rpc_url: chain.rpcUrl,
    native: { symbol: 'ETH', decimals: 18, min_sweep: '0', price: priceOf(ether) },
    tokens: [
      {
        ...LOCAL_TOKEN,
        contract: chain.token,
        min_sweep: '0',
        native_price: null,
        price: feeds.length === 0 ? null : { currency: 'USD', fixed: '1' },
      },
    ],
    treasury: chain.treasury,
    // No minimum: the fee of a sweep may take almost all of it.
    sweep: { max_gas_price_gwei: 200, max_fee_bps: 10_000, batch: { max_items: 100, max_wait_seconds: 1 } },
  }
  writeFileSync(file, stringify({ chains: [content], currencies: euro === undefined ? [] : [currencyOf(euro)] }))
}

interface FeedSettings {
  readonly feed: string
  readonly max_age_seconds: number
}

function priceOf(settings: FeedSettings | undefined) {
  if (settings === undefined) return null
  const { feed, max_age_seconds } = settings
  return { currency: 'USD', feed, max_age_seconds }
}

function currencyOf({ feed, max_age_seconds }: FeedSettings) {
  return { code: 'EUR', chain: LOCAL_CHAIN_NAME, feed, max_age_seconds }
}

interface ForeignChain {
  name: string
  chain_id: number
  providers: { http: string }[]
  treasury: string
  tokens?: { symbol: string; contract: string; decimals: number }[]
}

/**
 * Describes the chains of a user's `chains.yaml`, with its variables filled in, so that a command finds the provider. The services validate
 * the file; here it is only shown.
 */
export function describeForeignChains(
  file: string,
  gasWallet: string,
  env: Readonly<Record<string, string | undefined>>,
): ChainDescriptor[] {
  const { chains } = parse(readFileSync(file, 'utf8')) as { chains: ForeignChain[] }
  const filled = (url: string) => url.replace(/\$\{(\w+)\}/g, (variable, name: string) => env[name] ?? variable)
  return chains.map(({ name, chain_id, providers, treasury, tokens = [] }) => ({
    name,
    chain_id,
    rpc_url: filled(providers[0]?.http ?? ''),
    pid: null,
    treasury: filled(treasury),
    funded_private_key: null,
    funded_address: null,
    gas_wallet: gasWallet,
    tokens: tokens.map(({ symbol, contract, decimals }) => ({ symbol, contract, decimals })),
    feeds: [],
  }))
}
