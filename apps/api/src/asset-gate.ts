import { setTimeout as sleep } from 'node:timers/promises'
import type { AssetCheck } from '@ctrip/db/chains/asset-checks'
import type { Asset } from '@ctrip/domain/payment/payment'

const FRESH_MS = 2_000
const POLL_MS = 250
const WAIT_MS_MAX = 4_000

/** Whether payments may be asked for in an asset. */
export type AssetStanding =
  | { readonly kind: 'open' }
  /** The contract is not what is configured. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The scanner has not yet held this configuration against the contract. */
  | { readonly kind: 'unchecked' }

export interface AssetGate {
  /** Waits for some seconds where the asset is unchecked, as for a moment after a start with a new configuration. */
  standing(chainId: number, asset: Asset): Promise<AssetStanding>
  /** Never waits: for who holds a transaction open, or shows many assets. */
  standingNow(chainId: number, asset: Asset): Promise<AssetStanding>
}

export type ReadAssetChecks = (chainId: number) => Promise<readonly AssetCheck[]>

interface Read {
  readonly at: number
  readonly checks: Promise<readonly AssetCheck[]>
}

/** The API asks no chain: it goes by what the scanner wrote down, read at most every two seconds for each chain. */
export function assetGate(read: ReadAssetChecks, now: () => number = Date.now): AssetGate {
  const reads = new Map<number, Read>()

  async function current(chainId: number): Promise<readonly AssetCheck[]> {
    const last = reads.get(chainId)
    if (last !== undefined && now() - last.at < FRESH_MS) return last.checks
    const next = { at: now(), checks: read(chainId) }
    reads.set(chainId, next)
    next.checks.catch(() => reads.delete(chainId))
    return next.checks
  }

  return {
    async standingNow(chainId, asset) {
      return asset.contract === null ? { kind: 'open' } : judgeAsset(asset, await current(chainId))
    },
    async standing(chainId, asset) {
      if (asset.contract === null) return { kind: 'open' }
      const deadline = now() + WAIT_MS_MAX
      for (;;) {
        const standing = judgeAsset(asset, await current(chainId))
        if (standing.kind !== 'unchecked' || now() >= deadline) return standing
        await sleep(POLL_MS)
        reads.delete(chainId)
      }
    },
  }
}

/** A check of other decimals than the asset has now was of another configuration. */
export function judgeAsset({ contract, decimals }: Asset, checks: readonly AssetCheck[]): AssetStanding {
  const check = checks.find((one) => one.contract === contract)
  if (check === undefined || check.decimals !== decimals) return { kind: 'unchecked' }
  if (check.verdict === 'fault') return { kind: 'refused', reason: check.reason ?? 'its contract is another' }
  return { kind: 'open' }
}
