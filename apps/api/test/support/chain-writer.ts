import { randomBytes } from 'node:crypto'
import { type ChainState, moveCursor, readChainState, startChain } from '@ctrip/db/chains/chain-state'
import { paymentsToClose } from '@ctrip/db/chains/progress'
import { insertBlock, recordTransfers } from '@ctrip/db/chains/scanned-blocks'
import type { Database } from '@ctrip/db/database/database'
import { transaction } from '@ctrip/db/database/transaction'
import { lockPayments } from '@ctrip/db/payments/payments'
import { parseAddress } from '@ctrip/domain/address'
import { parseAmount } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import { type Hash, hashFromBytes } from '@ctrip/domain/hash'
import type { PaymentView } from '@ctrip/domain/payment/view'
import { changePayments } from '@ctrip/use-cases/change-payments'

const CHAIN = { chain: 'anvil', chainId: 31337 }

/** Writes what the scanner would write, without a chain. */
export interface ChainWriter {
  /** Mines a block with one transfer of the payment's asset to its address, at the block's time or now. */
  pay(payment: PaymentView, amount: string, at?: Date): Promise<Hash>
  /** Mines an empty block, at this time or now, and closes what is over by then. */
  mine(at?: Date): Promise<void>
  halt(reason: string): Promise<void>
}

export async function startTestChain(db: Database): Promise<ChainWriter> {
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
      const cause = { actor: 'scanner', blockNumber: block.number, chain: { chainId: CHAIN.chainId, view } }
      await changePayments(tx, ids, () => fact, cause)
    })
    return txHash
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
        await changePayments(tx, ids, () => ({ kind: 'chain_advanced' }), { actor: 'scanner' })
      })
    },
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
