import type { Hash } from '@ctrip/domain/hash'

/** The chain that a provider claims to serve. */
export interface Identity {
  readonly chainId: number
  /** The hash of the chain's first block; null where the provider does not show blocks of that age. */
  readonly genesis: Hash | null
}

export interface ExpectedIdentity {
  /** Of chains.yaml. */
  readonly chainId: number
  /** The first block that the database saw, or that enough providers show; null where nobody shows it. */
  readonly genesis: Hash | null
}

export type Admission =
  | { readonly kind: 'ok' }
  /** Usable, and the operator gets a warning. */
  | { readonly kind: 'warning'; readonly sentence: string }
  /** None of its responses may be used. */
  | { readonly kind: 'excluded'; readonly sentence: string }

/** Whether the provider serves the configured chain. A provider of another one has blocks, balances and nonces that look real. */
export function judgeIdentity(identity: Identity, expected: ExpectedIdentity): Admission {
  if (identity.chainId !== expected.chainId)
    return excluded(`it answers for chain ${identity.chainId}, but chains.yaml says chain ${expected.chainId}`)
  if (identity.genesis === null)
    return { kind: 'warning', sentence: 'its first block could not be compared: it does not show blocks of that age' }
  if (expected.genesis === null || expected.genesis === identity.genesis) return { kind: 'ok' }
  return excluded(
    `its first block is ${identity.genesis}, but this chain began with ${expected.genesis}: another chain of the same id, or one that was reset`,
  )
}

function excluded(sentence: string): Admission {
  return { kind: 'excluded', sentence }
}

/**
 * The first block that enough providers tell alike, where no record says which is right: as many as the quorum, and more than tell
 * any other. Null: the claims do not decide it. Who shows no first block is not counted, and not asked for.
 */
export function electGenesis(claims: readonly (Hash | null)[], quorum: number): Hash | null {
  const shown = claims.filter((claim) => claim !== null)
  const counted = [...Map.groupBy(shown, (hash) => hash)].map(([hash, { length }]) => ({ hash, votes: length }))
  counted.sort((a, b) => b.votes - a.votes)
  const [first, second] = counted
  const needed = Math.max(1, quorum - (claims.length - shown.length))
  if (first === undefined || first.votes < needed || first.votes === second?.votes) return null
  return first.hash
}
