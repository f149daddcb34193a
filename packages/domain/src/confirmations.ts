import type { Amount } from './amount'

/** How sure a chain must be of a block: by depth, by the consensus layer's tag, or by depth in tiers of amount. */
export type ConfirmationPolicy =
  | { readonly kind: 'depth'; readonly depth: number }
  | { readonly kind: 'tag'; readonly tag: 'safe' | 'finalized' }
  /** The first tier whose `below` (base units) exceeds the amount decides; the last has none. */
  | { readonly kind: 'tiers'; readonly tiers: readonly { readonly below: Amount | null; readonly depth: number }[] }

export type FinalityPolicy =
  | { readonly kind: 'depth'; readonly depth: number }
  | { readonly kind: 'tag'; readonly tag: 'finalized' }

/** Confirmations of a block under a head: 1 for the head itself; 0 for a block not reached. The one place that counts them. */
export function confirmationsAt(headNumber: number, blockNumber: number): number {
  return Math.max(0, headNumber - blockNumber + 1)
}

/** The depth asked of a payment of this amount, in blocks; null where a tag decides. */
export function confirmationsRequired(policy: ConfirmationPolicy, amount: Amount): number | null {
  switch (policy.kind) {
    case 'depth':
      return policy.depth
    case 'tag':
      return null
    case 'tiers': {
      const tier = policy.tiers.find(({ below }) => below === null || amount < below)
      return (tier ?? policy.tiers[policy.tiers.length - 1])?.depth ?? null
    }
  }
}

/** The smallest depth that any amount is confirmed at; null where a tag decides. */
export function smallestDepth(policy: ConfirmationPolicy): number | null {
  switch (policy.kind) {
    case 'depth':
      return policy.depth
    case 'tag':
      return null
    case 'tiers':
      return Math.min(...policy.tiers.map(({ depth }) => depth))
  }
}
