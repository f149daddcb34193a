import type { BlockCheck } from './check-failed'
import type { UnprovenBlock } from './read-block'

/** Why a provider's copy of a block was not proven. */
export interface Doubt {
  /** Null: the copy is of a kind that cannot be proven, or no proof was asked for. */
  readonly check: BlockCheck | null
  /** Null: no proof was asked for. */
  readonly reason: string | null
}

/** A provider's copy whose parts agree with each other, and which is not proven. */
export interface Copy {
  readonly provider: string
  readonly block: UnprovenBlock
  readonly digest: string
  readonly doubt: Doubt
}

export type Verdict =
  | { readonly kind: 'taken'; readonly trust: 'agreed' | 'single_word'; readonly copy: Copy; readonly against: Copy[] }
  /** Not founded well enough. */
  | { readonly kind: 'open' }

/**
 * The checks that fail also for a block whose encoding we do not know. Providers that agree on its contents overrule these. The
 * others show that contents and header do not belong together, and nobody overrules them.
 */
const OVERRULED_BY_AGREEMENT: ReadonlySet<BlockCheck | null> = new Set([null, 'header_hash', 'transaction_hash'])

/** How many equal copies make an agreement. One is no agreement, whatever the quorum. */
export function copiesToAgree(quorum: number): number {
  return Math.max(2, quorum)
}

/** How many more equal copies an agreement needs. */
export function copiesMissing(copies: readonly Copy[], quorum: number): number {
  return copiesToAgree(quorum) - Math.max(0, ...groupsOf(copies).map(({ length }) => length))
}

/**
 * Decides about the copies of a block that nobody could prove. Equal contents at enough providers are agreed. With a quorum of one,
 * a lone copy is taken as one provider's word, unless another provider's copy differs.
 */
export function judgeCopies(copies: readonly Copy[], quorum: number): Verdict {
  const agreed = groupsOf(copies).filter(({ length }) => length >= copiesToAgree(quorum))
  const [first, ...others] = agreed
  if (first?.[0] !== undefined) {
    const [copy] = first
    const contradicted = others.some(([other]) => other?.block.hash === copy.block.hash)
    if (contradicted) return { kind: 'open' }
    const against = copies.filter(({ block, digest }) => block.hash === copy.block.hash && digest !== copy.digest)
    return { kind: 'taken', trust: 'agreed', copy, against }
  }
  const words = copies.filter(({ doubt }) => doubt.check === null)
  const [word] = words
  if (quorum > 1 || word === undefined || words.length > 1) return { kind: 'open' }
  return { kind: 'taken', trust: 'single_word', copy: word, against: [] }
}

/** The only copy of a block that an operator accepted; null while providers' copies of it differ. */
export function acceptedCopy(copies: readonly Copy[]): Copy | null {
  const [first] = copies
  return first !== undefined && copies.every(({ digest }) => digest === first.digest) ? first : null
}

function groupsOf(copies: readonly Copy[]): Copy[][] {
  const eligible = copies.filter(({ doubt }) => OVERRULED_BY_AGREEMENT.has(doubt.check))
  return [...Map.groupBy(eligible, ({ digest }) => digest).values()]
}
