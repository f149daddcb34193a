import { type AccountXpub, depositAddress, walletFingerprint } from '@ctrip/chain/addresses'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { agreedHead, readTag } from '@ctrip/chain/head'
import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { readNonce } from '@ctrip/chain/transactions/account'
import { readChainState } from '@ctrip/db/chains/chain-state'
import { requestBackfill } from '@ctrip/db/chains/operator-requests'
import { matchRecipients } from '@ctrip/db/chains/scanned-blocks'
import type { Database } from '@ctrip/db/database/database'
import { appendAudit, lastAudit } from '@ctrip/db/merchants/audit-log'
import {
  ensureRestoredMerchant,
  insertRestoredPayments,
  moveAddressSequence,
  readAssignedIndexes,
  readNextAddressIndex,
} from '@ctrip/db/payments/restored-addresses'
import { highestNonce } from '@ctrip/db/sweeps/sweep-transactions'
import type { Address } from '@ctrip/domain/address'
import { adoptLost } from './adopt-lost'
import { chooseIndexes, LOOK_BACK, type LostIndexes, SEARCHED_AHEAD } from './choose-indexes'
import { readGap } from './read-gap'
import { readLostTransactions, type SentTransaction } from './read-lost-transactions'
import { restoredPayment } from './restored-payment'

const ACTION = 'ctrip restore'

export interface RestoreTerms {
  readonly chains: readonly ChainConfig[]
  readonly xpub: AccountXpub
  readonly gasWallet: Address
  /** The last address index that can have been given out; null where only the chains can tell. */
  readonly issued: number | null
  /** Blocks below the cursor that are looked at again, where services have run since the restore. */
  readonly lookBack: number
}

/** What is missing in a restored database, as far as the chains tell. */
export interface Losses {
  readonly lost: LostIndexes
  readonly chains: readonly ChainLosses[]
}

interface ChainLosses {
  readonly chain: ChainConfig
  readonly from: number
  readonly to: number
  readonly sent: readonly SentTransaction[]
}

/** Reads what a restored database does not know. Changes nothing. */
export async function findLosses(db: Database, terms: RestoreTerms): Promise<Losses> {
  const { xpub, issued } = terms
  const wallet = walletFingerprint(xpub)
  const next = await readNextAddressIndex(db.prisma)
  const range = { from: Math.max(0, next - LOOK_BACK), below: Math.max(next + SEARCHED_AHEAD, (issued ?? 0) + 1) }
  const assigned = await readAssignedIndexes(db.prisma, wallet, range)
  const searched = new Map<Address, number>()
  for (let index = range.from; index < range.below; index++)
    if (!assigned.has(index)) searched.set(depositAddress(xpub, index), index)
  const seen: number[] = []
  const chains: ChainLosses[] = []
  for (const chain of terms.chains) {
    const found = await readChain(db, chain, terms, searched)
    if (found === null) continue
    seen.push(...[...found.used].flatMap((address) => searched.get(address) ?? []))
    chains.push(found)
  }
  const isDone = (await lastAudit(db.prisma, ACTION))?.detail['next_index'] === next
  return { lost: chooseIndexes({ next, assigned, seen, issued, isDone }), chains }
}

async function readChain(
  db: Database,
  chain: ChainConfig,
  { gasWallet, lookBack }: RestoreTerms,
  searched: ReadonlyMap<Address, number>,
): Promise<(ChainLosses & { readonly used: ReadonlySet<Address> }) | null> {
  const state = await readChainState(db.prisma, chain.chainId)
  if (state === null) return null // never scanned: nothing was ever swept there
  const isOurs = async (addresses: readonly Address[]) => {
    const known = await matchRecipients(db.prisma, addresses)
    const others = addresses.filter((address) => address === gasWallet || searched.has(address))
    return new Set([...known.map(({ address }) => address), ...others])
  }
  const pool = new RpcPool(chain)
  try {
    const head = agreedHead(await readTag(pool, 'latest'), chain.quorum)
    if (head === null) throw new Error(`too few providers of ${chain.name} answer`)
    const range = { from: Math.max(0, state.cursor.number - lookBack) + 1, to: head.number }
    const { used, sent } = await readGap(pool, chain, range, isOurs)
    return { chain, ...range, used, sent: await readLostTransactions(pool, chain, sent, gasWallet, isOurs) }
  } finally {
    await pool.close()
  }
}

export interface Restored {
  readonly watched: number
  readonly adopted: number
  /** Nonces of the gas wallet that are used and still not known, by chain. */
  readonly unknownNonces: readonly { readonly chain: string; readonly known: number; readonly used: number }[]
}

/**
 * Writes what was found. First the addresses, then their sequence, then what was swept: a run that is broken off at any
 * point is finished by the next, which finds the rest missing.
 */
export async function makeGood(db: Database, terms: RestoreTerms, { lost, chains }: Losses): Promise<Restored> {
  const { xpub, gasWallet, lookBack } = terms
  const [home] = terms.chains
  if (home === undefined) throw new RangeError('no chain is configured')
  const merchantId = await ensureRestoredMerchant(db.prisma)
  const restored = lost.indexes.map((index) => ({
    index,
    payment: restoredPayment(home, merchantId, depositAddress(xpub, index), index),
  }))
  await insertRestoredPayments(db, walletFingerprint(xpub), restored)
  await moveAddressSequence(db.prisma, lost.nextIndex)
  let adopted = 0
  for (const { chain, sent, from, to } of chains) {
    adopted += await adoptLost(db, chain, sent)
    if (lookBack > 0) await requestBackfill(db.prisma, { chainId: chain.chainId, fromBlock: from, toBlock: to })
  }
  const detail = { next_index: await readNextAddressIndex(db.prisma), watched: restored.length, adopted }
  await appendAudit(db.prisma, { actor: 'ctrip', action: ACTION, target: null, requestId: '', detail })
  return { watched: restored.length, adopted, unknownNonces: await findUnknownNonces(db, chains, gasWallet) }
}

/** The sweeper would stop at these, and rightly. */
async function findUnknownNonces(
  db: Database,
  chains: readonly ChainLosses[],
  gasWallet: Address,
): Promise<Restored['unknownNonces']> {
  const unknown: { chain: string; known: number; used: number }[] = []
  for (const { chain } of chains) {
    const pool = new RpcPool(chain)
    const used = await readNonce(pool, gasWallet, 'latest').finally(() => pool.close())
    const highest = await highestNonce(db.prisma, chain.chainId, gasWallet)
    // A gas wallet that we never used may have had a life before us.
    if (highest !== null && used > highest + 1) unknown.push({ chain: chain.name, known: highest + 1, used })
  }
  return unknown
}
