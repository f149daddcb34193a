import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { extractTransfers } from '@ctrip/chain/transfers'
import { moveCursor, readChainState, startChain } from '@ctrip/db/chains/chain-state'
import { markConfirmed, markFinal, unconfirmedUpTo } from '@ctrip/db/chains/progress'
import {
  canonicalBlock,
  insertBlock,
  matchRecipients,
  orphanAbove,
  paymentsPaidAbove,
  recordTransfers,
  type ScannedBlock,
} from '@ctrip/db/chains/scanned-blocks'
import type { Database } from '@ctrip/db/database/database'
import { transaction } from '@ctrip/db/database/transaction'
import { lockPayments } from '@ctrip/db/payments/payments'
import { confirmationsAt, confirmationsRequired } from '@ctrip/domain/confirmations'
import { changePayments } from '@ctrip/use-cases/change-payments'

/** Where blocks come from: Anvil, or the simulation. */
export interface BlockSource {
  head(): Promise<number>
  block(number: number): Promise<VerifiedBlock | null>
}

const ACTOR = 'scanner'

/** What the scanner would have committed by now: blocks, transfers, reorgs, confirmations, finality. */
export async function followChain(db: Database, chain: ChainConfig, source: BlockSource): Promise<void> {
  await begin(db, chain, source)
  const head = await source.head()
  for (;;) {
    const state = await readChainState(db.prisma, chain.chainId)
    if (state === null) return
    const at = await source.block(state.cursor.number)
    if (at?.hash !== state.cursor.hash) {
      await stepBack(db, chain, state.cursor)
      continue
    }
    const next = state.cursor.number < head ? await source.block(state.cursor.number + 1) : null
    if (next === null || next.parentHash !== state.cursor.hash) break
    await record(db, chain, next)
  }
  await confirm(db, chain)
}

async function begin(db: Database, chain: ChainConfig, source: BlockSource): Promise<void> {
  if ((await readChainState(db.prisma, chain.chainId)) !== null) return
  const parent = await source.block(await source.head())
  if (parent === null) return
  await transaction(db, 'test.start', async (tx) => {
    await insertBlock(tx, chain.chainId, scanned(parent))
    await startChain(tx, { chainId: chain.chainId, chain: chain.name, parent, time: scanned(parent).time })
  })
}

async function record(db: Database, chain: ChainConfig, block: VerifiedBlock): Promise<void> {
  const transfers = extractTransfers(block, chain)
  await transaction(db, 'test.block', async (tx) => {
    const matches = await matchRecipients(tx, [...new Set(transfers.map(({ to }) => to))])
    const ids = [...new Set(matches.map(({ paymentId }) => paymentId))]
    const ours = new Set(matches.map(({ address }) => address))
    await lockPayments(tx, ids)
    await insertBlock(tx, chain.chainId, scanned(block))
    const rows = transfers
      .filter(({ to }) => ours.has(to))
      .map(({ contract, ...transfer }) => {
        const { symbol, decimals } = chain.tokens.find((token) => token.contract === contract) ?? chain.native
        return { ...transfer, asset: { symbol, contract, decimals } }
      })
    const recorded = await recordTransfers(tx, { chainId: chain.chainId, chain: chain.name }, scanned(block), rows)
    const appeared = recorded.filter(({ isNew }) => isNew).map(({ id }) => id)
    const view = { headNumber: block.number, headTime: scanned(block).time }
    const reappeared = recorded.filter(({ isNew }) => !isNew).map(({ id }) => id)
    await changePayments(tx, ids, () => ({ kind: 'transfers_changed', appeared, reappeared, orphaned: [] }), {
      actor: ACTOR,
      chain: { chainId: chain.chainId, view },
    })
    await moveCursor(tx, chain.chainId, block.parentHash, scanned(block))
  })
}

async function stepBack(
  db: Database,
  chain: ChainConfig,
  cursor: { readonly number: number; readonly hash: ScannedBlock['hash'] },
): Promise<void> {
  await transaction(db, 'test.reorg', async (tx) => {
    const parent = await canonicalBlock(tx, chain.chainId, cursor.number - 1)
    if (parent === null) throw new Error(`a reorg below what was scanned: ${cursor.number}`)
    const ids = await paymentsPaidAbove(tx, chain.chainId, parent.number)
    await lockPayments(tx, ids)
    const { transfers } = await orphanAbove(tx, chain.chainId, parent.number)
    await moveCursor(tx, chain.chainId, cursor.hash, parent)
    const orphaned = transfers.map(({ id }) => id)
    const fact = { kind: 'transfers_changed', appeared: [], reappeared: [], orphaned } as const
    await changePayments(tx, ids, () => fact, { actor: ACTOR })
  })
}

async function confirm(db: Database, chain: ChainConfig): Promise<void> {
  const state = await readChainState(db.prisma, chain.chainId)
  if (state === null || chain.finality.kind !== 'depth') return
  const depth = confirmationsRequired(chain.confirmations, chain.native.minSweep) ?? 1
  await transaction(db, 'test.confirm', async (tx) => {
    const { number } = state.cursor
    const waiting = await unconfirmedUpTo(tx, chain.chainId, number - depth + 1, number)
    const ids = [...new Set(waiting.map(({ paymentId }) => paymentId))]
    if (ids.length === 0) return
    await lockPayments(tx, ids)
    const confirmed = waiting.map(({ id }) => id)
    await markConfirmed(tx, confirmed)
    await changePayments(tx, ids, () => ({ kind: 'transfers_confirmed', confirmed }), { actor: ACTOR })
  })
  const { depth: final } = chain.finality
  const finalized = state.cursor.number - final + 1
  if (confirmationsAt(state.cursor.number, state.finalizedNumber) > final) {
    await transaction(db, 'test.final', (tx) => markFinal(tx, chain.chainId, state.finalizedNumber, finalized))
  }
}

function scanned(block: VerifiedBlock): ScannedBlock {
  return { ...block, time: new Date(block.timestamp * 1000) }
}
