import type { ChainConfig } from '@ctrip/chain/chain-config'
import { type BlockClaim, countAgreeing, readByHash, readHeight, readTag } from '@ctrip/chain/head'
import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { keptGenesis } from '@ctrip/db/chains/chain-identity'
import type { ChainState } from '@ctrip/db/chains/chain-state'
import type { Database } from '@ctrip/db/database/database'
import type { Hash } from '@ctrip/domain/hash'

const LIMIT_MS = 30_000

/** Works with the chain's providers, after each was asked which chain it serves; a provider of another one responds to nothing. */
export async function withProviders<T>(
  db: Database,
  chain: ChainConfig,
  work: (pool: RpcPool, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const pool = new RpcPool(chain, { genesis: keptGenesis(db, chain.chainId) })
  const signal = AbortSignal.timeout(LIMIT_MS)
  try {
    await pool.recheck(signal)
    return await work(pool, signal)
  } finally {
    await pool.close()
  }
}

/** The block that the providers of a branch have at a height, and their names. */
export interface AgreedBlock {
  readonly number: number
  readonly hash: Hash
  readonly providers: readonly string[]
}

/**
 * The block that the quorum has at the cursor's height, or at its head where that is lower. Throws where fewer providers name one block,
 * or as many name another.
 */
export async function findAgreedBlock(
  pool: RpcPool,
  { quorum, providers }: Pick<ChainConfig, 'quorum' | 'providers'>,
  { cursor }: Pick<ChainState, 'cursor'>,
  signal: AbortSignal,
): Promise<AgreedBlock> {
  const heads = (await readTag(pool, 'latest', signal)).map(({ number }) => number).sort((a, b) => b - a)
  const agreedHead = heads[quorum - 1]
  if (agreedHead === undefined)
    throw new Error(`${heads.length} of ${providers.length} providers name a newest block, and the quorum is ${quorum}`)
  const number = Math.min(cursor.number, agreedHead)
  const claims = await readHeight(pool, number, signal)
  const hashes = [...new Set(claims.map(({ hash }) => hash))]
  const [hash, ...others] = hashes.sort((a, b) => countAgreeing(claims, b) - countAgreeing(claims, a))
  const votes = hash === undefined ? 0 : countAgreeing(claims, hash)
  const isTied = others.some((other) => countAgreeing(claims, other) === votes)
  if (hash === undefined || votes < quorum || isTied)
    throw new Error(`the providers do not agree on block ${number}: ${describe(claims)}; the quorum is ${quorum}`)
  return { number, hash, providers: claims.filter((claim) => claim.hash === hash).map(({ provider }) => provider) }
}

/** The providers that serve the block of this hash, right after the cursor; throws where none does. */
export async function findServers(
  pool: RpcPool,
  { number, hash }: { readonly number: number; readonly hash: Hash },
  { cursor }: Pick<ChainState, 'cursor'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const heads = (await readTag(pool, 'latest', signal)).map((claim) => claim.number)
  if (heads.length === 0) throw new Error('no provider names its newest block')
  if (number > Math.max(...heads))
    throw new Error(`block ${number} is above ${Math.max(...heads)}, the newest that any provider knows`)
  const claims = await readByHash(pool, hash, signal)
  const servers = claims.filter((claim) => claim.number === number && claim.parentHash === cursor.hash)
  if (servers.length > 0) return servers.map(({ provider }) => provider)
  const there = await readHeight(pool, number, signal)
  throw new Error(
    `no provider serves ${hash} as the block after ${cursor.hash}; at ${number} they have ${describe(there)}`,
  )
}

function describe(claims: readonly BlockClaim[]): string {
  if (claims.length === 0) return 'no block'
  return claims.map(({ provider, hash }) => `${hash} (${provider})`).join(', ')
}
