import { addressToBytes } from '@ctrip/domain/address'
import { hashToBytes } from '@ctrip/domain/hash'
import { idToUuid, newId, type PaymentId } from '@ctrip/domain/ids'
import { listChainStates, moveCursor, readChainState, startChain } from '../src/chains/chain-state'
import {
  BLOCKS_KEPT_BELOW_FINALITY,
  isAtBlock,
  markConfirmed,
  markFinal,
  paymentsToClose,
  unconfirmedUpTo,
} from '../src/chains/progress'
import {
  canonicalBlock,
  insertBlock,
  matchRecipients,
  oldestCanonicalBlock,
  orphanAbove,
  paymentsPaidAbove,
  type ScannedBlock,
  type ScannedTransfer,
} from '../src/chains/scanned-blocks'
import { insertTraceDebt } from '../src/chains/trace-debts'
import { ConflictError } from '../src/database/errors'
import { transaction } from '../src/database/transaction'
import { readPayments } from '../src/payments/payments'
import { type Ledger, openLedger } from './ledger'
import {
  blockOn,
  CHAIN,
  EXPIRES_AT,
  nativeTransfer,
  randomAddress,
  randomHash,
  seedChain,
  seedPayment,
  writeBlock,
} from './seed'

let ledger: Ledger
let genesis: ScannedBlock
beforeEach(async () => {
  ledger = await openLedger()
  genesis = await seedChain(ledger.db)
})
afterEach(() => ledger.close())

const LATE = new Date(EXPIRES_AT.getTime() + 60_000)
const write = (block: ScannedBlock, transfers: readonly ScannedTransfer[]) =>
  transaction(ledger.db, 'test.write', (tx) => writeBlock(tx, block, transfers))
const orphan = (ancestor: ScannedBlock) =>
  transaction(ledger.db, 'test.orphan', (tx) => orphanAbove(tx, CHAIN.chainId, ancestor.number))

async function transfersOf(id: PaymentId) {
  const [subject] = await readPayments(ledger.db.prisma, [id])
  return subject?.transfers ?? []
}

describe('a block', () => {
  it('is matched with the payments whose addresses it pays', async () => {
    const payment = await seedPayment(ledger.db)
    const matches = await matchRecipients(ledger.db.prisma, [randomAddress(), payment.address, randomAddress()])
    expect(matches).toEqual([{ address: payment.address, paymentId: payment.id }])
  })

  it('has its transfers to our addresses recorded, and no others', async () => {
    const payment = await seedPayment(ledger.db)
    const recorded = await write(blockOn(genesis), [
      nativeTransfer(payment.address, 7n),
      nativeTransfer(randomAddress(), 8n),
    ])
    expect(recorded).toMatchObject([{ paymentId: payment.id, kind: 'native', isNew: true }])
    expect(await transfersOf(payment.id)).toMatchObject([{ amount: 7n, status: 'included' }])
  })

  it('that is delivered twice is credited once', async () => {
    const payment = await seedPayment(ledger.db)
    const block = blockOn(genesis)
    const transfer = nativeTransfer(payment.address, 7n)
    await write(block, [transfer])
    expect(await write(block, [transfer])).toEqual([])
    expect((await transfersOf(payment.id)).length).toBe(1)
  })

  it('keeps two transfers of one transaction apart', async () => {
    const payment = await seedPayment(ledger.db)
    const txHash = randomHash()
    const recorded = await write(blockOn(genesis), [
      nativeTransfer(payment.address, 1n, { txHash, kind: 'internal', position: 0, ordinal: 0 }),
      nativeTransfer(payment.address, 1n, { txHash, kind: 'internal', position: 1, ordinal: 1 }),
    ])
    expect(recorded.length).toBe(2)
  })

  it.each([
    ['at the moment of expiry', EXPIRES_AT, true],
    ['a moment after it', new Date(EXPIRES_AT.getTime() + 1_000), false],
  ])('%s judges what it includes: in time is %s', async (_, time, inTime) => {
    const payment = await seedPayment(ledger.db)
    await write({ ...blockOn(genesis), time }, [nativeTransfer(payment.address, 7n)])
    expect(await transfersOf(payment.id)).toMatchObject([{ inTime }])
  })
})

describe('a transaction of our own sweeper', () => {
  it('is recorded as funding, because its hash was committed before it was broadcast', async () => {
    const payment = await seedPayment(ledger.db)
    const transfer = nativeTransfer(payment.address, 7n)
    await signAttempt(transfer.txHash, CHAIN.chainId)
    const recorded = await write(blockOn(genesis), [transfer])
    expect(recorded).toMatchObject([{ kind: 'funding', isNew: true }])
    expect(await transfersOf(payment.id)).toMatchObject([{ kind: 'funding', amount: 7n }])
  })

  it('is one on its own chain only', async () => {
    const payment = await seedPayment(ledger.db)
    const transfer = nativeTransfer(payment.address, 7n)
    await signAttempt(transfer.txHash, CHAIN.chainId + 1)
    expect(await write(blockOn(genesis), [transfer])).toMatchObject([{ kind: 'native' }])
  })

  async function signAttempt(hash: ScannedTransfer['txHash'], chainId: number): Promise<void> {
    const id = idToUuid(newId('sweep'))
    await ledger.db.prisma.$executeRaw`
      INSERT INTO sweep_transactions (id, chain_id, sender, nonce, purpose, status)
      VALUES (${id}::uuid, ${chainId}, ${addressToBytes(randomAddress())}, 0, 'top_up', 'signed')`
    await ledger.db.prisma.$executeRaw`
      INSERT INTO sweep_attempts (chain_id, hash, transaction_id, raw, max_fee_per_gas, max_priority_fee_per_gas)
      VALUES (${chainId}, ${hashToBytes(hash)}, ${id}::uuid, ''::bytea, 1, 1)`
  }
})

describe('a reorg', () => {
  it('orphans the blocks above the ancestor with their transfers, and keeps both', async () => {
    const payment = await seedPayment(ledger.db)
    const [first, second] = [blockOn(genesis), blockOn(blockOn(genesis))]
    await write(first, [nativeTransfer(payment.address, 7n)])
    await write(second, [nativeTransfer(payment.address, 8n)])
    expect(await orphan(first)).toMatchObject({ blocks: 1, transfers: [{ paymentId: payment.id }] })
    expect(await transfersOf(payment.id)).toMatchObject([{ status: 'included' }, { status: 'orphaned' }])
    expect(await canonicalBlock(ledger.db.prisma, CHAIN.chainId, second.number)).toBeNull()
    expect(await ledger.db.prisma.blocks.count({ where: { hash: hashToBytes(second.hash) } })).toBe(1)
  })

  it('names beforehand the payments that it touches', async () => {
    const [below, above] = [await seedPayment(ledger.db), await seedPayment(ledger.db)]
    const first = blockOn(genesis)
    await write(first, [nativeTransfer(below.address, 7n)])
    await write(blockOn(first), [nativeTransfer(above.address, 8n), nativeTransfer(above.address, 9n)])
    expect(await paymentsPaidAbove(ledger.db.prisma, CHAIN.chainId, first.number)).toEqual([above.id])
  })

  it('leaves other chains alone', async () => {
    const payment = await seedPayment(ledger.db)
    await write(blockOn(genesis), [nativeTransfer(payment.address, 7n)])
    await transaction(ledger.db, 'test', (tx) => orphanAbove(tx, CHAIN.chainId + 1, 0))
    expect(await transfersOf(payment.id)).toMatchObject([{ status: 'included' }])
  })

  it('that includes a transaction in another block credits it again, and does not call it new', async () => {
    const payment = await seedPayment(ledger.db)
    const transfer = nativeTransfer(payment.address, 7n)
    await write(blockOn(genesis), [transfer])
    await orphan(genesis)
    expect(await write(blockOn(genesis), [{ ...transfer, position: 5 }])).toMatchObject([{ isNew: false }])
    expect((await transfersOf(payment.id)).map(({ status }) => status).sort()).toEqual(['included', 'orphaned'])
  })

  it('and another one back to the first block revives what that had', async () => {
    const payment = await seedPayment(ledger.db)
    const block = blockOn(genesis)
    const transfer = nativeTransfer(payment.address, 7n)
    const [before] = await write(block, [transfer])
    await orphan(genesis)
    const [after] = await write(block, [transfer])
    expect(after).toMatchObject({ id: before?.id, isNew: false })
    expect(await canonicalBlock(ledger.db.prisma, CHAIN.chainId, block.number)).toMatchObject({ hash: block.hash })
    expect(await transfersOf(payment.id)).toMatchObject([{ status: 'included' }])
  })

  it('does not make a transfer late that was in time', async () => {
    const payment = await seedPayment(ledger.db)
    const transfer = nativeTransfer(payment.address, 7n)
    await write(blockOn(genesis), [transfer])
    await orphan(genesis)
    await write({ ...blockOn(genesis), time: LATE }, [transfer])
    expect((await transfersOf(payment.id)).map(({ inTime }) => inTime)).toEqual([true, true])
  })

  it('does not make another transfer of the same transaction be in time', async () => {
    const payment = await seedPayment(ledger.db)
    const [txHash, kind] = [randomHash(), 'internal'] as const
    await write(blockOn(genesis), [nativeTransfer(payment.address, 7n, { txHash, kind, ordinal: 0 })])
    await orphan(genesis)
    await write({ ...blockOn(genesis), time: LATE }, [
      nativeTransfer(payment.address, 7n, { txHash, kind, ordinal: 1 }),
    ])
    expect((await transfersOf(payment.id)).find(({ status }) => status === 'included')?.inTime).toBe(false)
  })
})

describe('the cursor', () => {
  const move = (from: ScannedBlock, to: ScannedBlock) =>
    transaction(ledger.db, 'test.move', (tx) => moveCursor(tx, CHAIN.chainId, from.hash, to))

  it('moves to the child of where it stands', async () => {
    const block = blockOn(genesis)
    await move(genesis, block)
    expect(await readChainState(ledger.db.prisma, CHAIN.chainId)).toMatchObject({
      cursor: { number: 1, hash: block.hash },
      cursorTime: block.time,
    })
    expect(await transaction(ledger.db, 'test', (tx) => isAtBlock(tx, CHAIN.chainId, block))).toBe(true)
  })

  it('is moved by one of two writers', async () => {
    const results = await Promise.allSettled([move(genesis, blockOn(genesis)), move(genesis, blockOn(genesis))])
    const [refusal, ...others] = results.filter((result) => result.status === 'rejected')
    expect(others).toEqual([])
    expect(refusal?.reason).toBeInstanceOf(ConflictError)
  })

  it('does not move on a chain that is halted', async () => {
    await ledger.db.prisma.$executeRaw`UPDATE chain_state SET halted_reason = 'a reorg below finality'`
    await expect(move(genesis, blockOn(genesis))).rejects.toThrow(ConflictError)
  })

  it('has not moved because scanning began a second time', async () => {
    const parent = blockOn(genesis)
    await transaction(ledger.db, 'test', (tx) => startChain(tx, { ...CHAIN, parent, time: parent.time }))
    expect(await listChainStates(ledger.db.prisma)).toMatchObject([{ cursor: { number: 0, hash: genesis.hash } }])
  })
})

describe('progress', () => {
  it('finds what is deep enough to be confirmed, oldest first', async () => {
    const payment = await seedPayment(ledger.db)
    const first = blockOn(genesis)
    const [old] = await write(first, [nativeTransfer(payment.address, 1n)])
    await write(blockOn(first), [nativeTransfer(payment.address, 2n)])
    const waiting = await unconfirmedUpTo(ledger.db.prisma, CHAIN.chainId, first.number, first.number + 2)
    expect(waiting).toEqual([{ id: old?.id, paymentId: payment.id }])
  })

  it('leaves out what its payment was promised more confirmations for, and not what that payment did not ask for', async () => {
    const payment = await seedPayment(ledger.db)
    const block = blockOn(genesis)
    const asset = { symbol: 'USDC', contract: randomAddress(), decimals: 6 }
    const recorded = await write(block, [
      nativeTransfer(payment.address, 1n),
      nativeTransfer(payment.address, 2n, { asset, kind: 'erc20', logIndex: 0 }),
    ])
    const kindsAt = async (head: number) => {
      const waiting = await unconfirmedUpTo(ledger.db.prisma, CHAIN.chainId, block.number, head)
      return waiting.map(({ id }) => recorded.find((transfer) => transfer.id === id)?.kind).sort()
    }
    expect(await kindsAt(block.number + 1)).toEqual(['erc20'])
    expect(await kindsAt(block.number + 2)).toEqual(['erc20', 'native'])
  })

  it('does not confirm what a reorg has taken away meanwhile', async () => {
    const payment = await seedPayment(ledger.db)
    const [transfer] = await write(blockOn(genesis), [nativeTransfer(payment.address, 1n)])
    await orphan(genesis)
    await markConfirmed(ledger.db.prisma, transfer === undefined ? [] : [transfer.id])
    expect(await transfersOf(payment.id)).toMatchObject([{ status: 'orphaned' }])
  })

  it('makes final what is confirmed, and forgets blocks far below that paid nobody', async () => {
    const payment = await seedPayment(ledger.db)
    const paid = blockOn(genesis)
    const empty = blockOn(paid)
    const newest = blockOn(empty)
    const recorded = await write(paid, [nativeTransfer(payment.address, 1n)])
    await write(empty, [])
    await write(newest, [])
    await markConfirmed(
      ledger.db.prisma,
      recorded.map(({ id }) => id),
    )
    await transaction(ledger.db, 'test', (tx) =>
      markFinal(tx, CHAIN.chainId, 0, newest.number + BLOCKS_KEPT_BELOW_FINALITY),
    )
    expect(await transfersOf(payment.id)).toMatchObject([{ status: 'final' }])
    const kept = await ledger.db.prisma.blocks.findMany({ orderBy: { number: 'asc' } })
    expect(kept.map(({ number }) => Number(number))).toEqual([paid.number, newest.number])
  })

  it('knows the oldest block that it can compare with', async () => {
    await transaction(ledger.db, 'test', (tx) => insertBlock(tx, CHAIN.chainId, blockOn(genesis)))
    expect(await oldestCanonicalBlock(ledger.db.prisma, CHAIN.chainId)).toEqual({ number: 0, hash: genesis.hash })
  })

  it('finds the payments whose time the chain has passed, and not at the very moment', async () => {
    const payment = await seedPayment(ledger.db)
    const at = (time: Date) => paymentsToClose(ledger.db.prisma, CHAIN.chainId, time)
    expect(await at(EXPIRES_AT)).toEqual([])
    expect(await at(LATE)).toEqual([payment.id])
  })

  it('leaves out payments in native coin while a block of their time owes its traces, for an hour', async () => {
    const contract = randomAddress()
    const minutesLater = (minutes: number) => new Date(EXPIRES_AT.getTime() + minutes * 60_000)
    const native = await seedPayment(ledger.db)
    const canceled = await seedPayment(ledger.db, { expiresAt: minutesLater(1_440) })
    const where = { id: idToUuid(canceled.id) }
    await ledger.db.prisma.payments.update({ where, data: { cancel_requested_at: EXPIRES_AT } })
    const token = await seedPayment(ledger.db, { asset: { symbol: 'USDC', contract, decimals: 6 } })
    const later = await seedPayment(ledger.db, { createdAt: minutesLater(2), expiresAt: minutesLater(3) })
    const owing = { ...blockOn(genesis), time: EXPIRES_AT }
    await transaction(ledger.db, 'test.owe', async (tx) => {
      await insertBlock(tx, CHAIN.chainId, owing)
      await insertTraceDebt(tx, CHAIN.chainId, owing, { reason: 'pruned', providers: [] })
    })
    const closing = async () => new Set(await paymentsToClose(ledger.db.prisma, CHAIN.chainId, minutesLater(4)))
    expect(await closing()).toEqual(new Set([token.id, later.id]))
    await ledger.db.prisma.trace_debts.updateMany({ data: { since: new Date(Date.now() - 3_601_000) } })
    expect(await closing()).toEqual(new Set([native.id, canceled.id, token.id, later.id]))
  })
})
