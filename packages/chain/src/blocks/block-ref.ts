import type { Hash } from '@ctrip/domain/hash'

/** A block by its height, or by its hash. */
export type BlockRef = { readonly number: number } | { readonly hash: Hash }
