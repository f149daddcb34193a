import { randomBytes } from 'node:crypto'
import { type ChainState, moveCursor, readChainState, startChain } from '@ctrip/db/chains/chain-state'
import { markConfirmed, paymentsToClose } from '@ctrip/db/chains/progress'
import { insertBlock, recordTransfers } from '@ctrip/db/chains/scanned-blocks'
import type { Database, Executor } from '@ctrip/db/database/database'
import { transaction } from '@ctrip/db/database/transaction'
import { lockPayments, readPayments } from '@ctrip/db/payments/payments'
import { parseAddress } from '@ctrip/domain/address'
import { parseAmount } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import { type Hash, hashFromBytes } from '@ctrip/domain/hash'
import { idToUuid, type PaymentId, type TransferId } from '@ctrip/domain/ids'
import type { Fact } from '@ctrip/domain/payment/transition'
import type { PaymentView } from '@ctrip/domain/payment/view'
import { changePayments } from '@ctrip/use-cases/change-payments'
import { testRates } from './fixtures'

const CHAIN = { chain: 'anvil', chainId: 31337 }

/** Writes what the scanner would write, without a chain. */
export interface ChainWriter {
  /** Mines a block with one transfer of the payment's asset to its address, at the block's time or now. */
  pay(payment: PaymentView, amount: string, at?: Date): Promise<Hash>
  /** Confirms all of the payment's transfers, as the chain's policy would. */
  confirm(payment: PaymentView): Promise<void>
  /** Takes all of the payment's transfers off the chain, as a reorg does. */
  reorganize(payment: PaymentView): Promise<void>
  /** Mines an empty block, at this time or now, and closes what is over by then. */
  mine(at?: Date): Promise<void>
  halt(reason: string): Promise<void>
}

export async function startTestChain(db: Database): Promise<ChainWriter> {
  const rateBook = testRates()
  await transaction(db, 'test.start', (tx) =>
    startChain(tx, { ...CHAIN, parent: { number: 800, hash: randomHash() }, time: new Date() }),
  )

  async function mine(at: Date, payment: PaymentView | null, amount: string): Promise<Hash> {
    const txHash = randomHash()
    await transaction(db, 'test.mine', async (tx) => {
      const cursor = await cursorOf(tx)
      const block = {
        number: cursor.number + 1,
        hash: randomHash(),
        parentHash: cursor.hash,
        time: at,
        trust: 'proven' as const,
      }
      const ids = payment === null ? [] : [payment.id]
      await lockPayments(tx, ids)
      await insertBlock(tx, CHAIN.chainId, block)
      const transfers = payment === null ? [] : [transferOf(payment, amount, txHash)]
      const fresh = (await recordTransfers(tx, CHAIN, block, transfers)).map(({ id }) => id)
      await moveCursor(tx, CHAIN.chainId, cursor.hash, block)
      const fact = { kind: 'transfers_changed', appeared: fresh, reappeared: [], orphaned: [] } as const
      const view = { headNumber: block.number, headTime: at }
      const cause = { actor: 'scanner', rateBook, blockNumber: block.number, chain: { chainId: CHAIN.chainId, view } }
      await changePayments(tx, ids, () => fact, cause)
    })
    return txHash
  }

  async function change(
    id: PaymentId,
    fact: (ids: readonly TransferId[]) => Fact,
    mark: (tx: Executor, ids: readonly TransferId[]) => Promise<void>,
  ): Promise<void> {
    await transaction(db, 'test.change', async (tx) => {
      await lockPayments(tx, [id])
      const [subject] = await readPayments(tx, [id])
      const ids = subject?.transfers.map((transfer) => transfer.id) ?? []
      await mark(tx, ids)
      await changePayments(tx, [id], () => fact(ids), { actor: 'scanner', rateBook })
    })
  }

  async function cursorOf(tx: Parameters<typeof readChainState>[0]): Promise<ChainState['cursor']> {
    const state = await readChainState(tx, CHAIN.chainId)
    assert(state !== null, 'the chain was started above')
    return state.cursor
  }

  return {
    pay: (payment, amount, at = new Date()) => mine(at, payment, amount),
    async mine(at = new Date()) {
      await mine(at, null, '0')
      await transaction(db, 'test.close', async (tx) => {
        const ids = await paymentsToClose(tx, CHAIN.chainId, at)
        await lockPayments(tx, ids)
        await changePayments(tx, ids, () => ({ kind: 'chain_advanced' }), { actor: 'scanner', rateBook })
      })
    },
    confirm: ({ id }) => change(id, (ids) => ({ kind: 'transfers_confirmed', confirmed: ids }), markConfirmed),
    reorganize: ({ id }) =>
      change(id, (ids) => ({ kind: 'transfers_changed', appeared: [], reappeared: [], orphaned: ids }), markOrphaned),
    halt: async (reason) => {
      await db.prisma.chain_state.updateMany({ data: { halted_reason: reason } })
    },
  }
}

function transferOf(payment: PaymentView, value: string, txHash: Hash) {
  const to = parseAddress(payment.address)
  const amount = parseAmount(value)
  assert(to !== null && amount !== null, 'a payment has an address, and the test an amount')
  const contract = payment.asset.contract === null ? null : parseAddress(payment.asset.contract)
  return {
    txHash,
    kind: contract === null ? ('native' as const) : ('erc20' as const),
    position: 0,
    ordinal: 0,
    logIndex: contract === null ? null : 4,
    from: to,
    to,
    asset: { ...payment.asset, contract },
    amount,
  }
}

function randomHash(): Hash {
  return hashFromBytes(randomBytes(32))
}

async function markOrphaned(tx: Executor, ids: readonly TransferId[]): Promise<void> {
  await tx.transfers.updateMany({ where: { id: { in: ids.map(idToUuid) } }, data: { status: 'orphaned' } })
}
