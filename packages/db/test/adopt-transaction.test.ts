import type { Address } from '@ctrip/domain/address'
import { amount, ZERO } from '@ctrip/domain/amount'
import { newId, type SweepId } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import { transaction } from '../src/database/transaction'
import { adoptTransaction, type LostTransaction } from '../src/sweeps/adopt-transaction'
import { insertForeignNonces, insertTransaction } from '../src/sweeps/sweep-transactions'
import { insertSweeps, type NewSweep, readOpenSweeps } from '../src/sweeps/sweeps'
import { type Ledger, openLedger } from './ledger'
import { CHAIN, randomAddress, randomHash, seedPayment } from './seed'

const { chainId } = CHAIN
const WORK = 'test.adopt'

let ledger: Ledger
beforeAll(async () => {
  ledger = await openLedger()
})
afterAll(() => ledger.close())

it('writes the sweep, the nonce and the bytes of what was sent, once', async () => {
  const lost = collection(await paid())
  expect(await adopt(lost)).toBe(true)
  expect(await adopt(lost)).toBe(false)
  expect(await open()).toContain(lost.sweep?.id)
  expect(await attempts(lost.sender)).toBe(1)
})

it('gives it to the sweep that was planned when the backup was taken', async () => {
  const lost = collection(await paid())
  const planned = { ...sweepOf(lost), id: newId('sweep') }
  await transaction(ledger.db, WORK, (tx) => insertSweeps(tx, [planned]))
  await adopt(lost)
  expect(await open()).toContain(planned.id)
  expect(await open()).not.toContain(lost.sweep?.id)
})

it('lets a later sweep of another asset have the address that an earlier one holds', async () => {
  const payment = await paid()
  const first = collection(payment)
  const second = { ...collection(payment, 'USDC'), nonce: first.nonce + 1 }
  await adopt(first)
  await adopt(second)
  const items = await ledger.db.prisma.sweep_items.findMany({
    where: { address: Buffer.from(first.sender.slice(2), 'hex') },
  })
  expect(items.filter(({ active }) => active)).toHaveLength(1)
  expect(await open()).toEqual(expect.arrayContaining([first.sweep?.id, second.sweep?.id]))
})

it('adds a replacement to the nonce that the backup knows', async () => {
  const lost = collection(await paid())
  const before = { ...lost.attempt, hash: randomHash() }
  await transaction(ledger.db, WORK, (tx) => insertTransaction(tx, { ...lost, sweepId: null, attempt: before }))
  expect(await adopt(lost)).toBe(true)
  expect(await attempts(lost.sender)).toBe(2)
})

it('makes its own what a sweeper had noted as used by somebody else, authorizations too', async () => {
  const other = randomAddress()
  const lost = { ...collection(await paid()), authorized: [{ sender: other, nonce: 0 }] }
  await transaction(ledger.db, WORK, async (tx) => {
    for (const sender of [lost.sender, other]) await insertForeignNonces(tx, chainId, sender, { from: 0, below: 1 })
  })
  expect(await adopt(lost)).toBe(true)
  expect(await purposes(lost.sender)).toEqual(['collect'])
  expect(await purposes(other)).toEqual(['authorize'])
})

it('ends at once what belongs to no sweep', async () => {
  const lost: LostTransaction = { ...collection(await paid()), purpose: 'top_up', sweep: null }
  await adopt(lost)
  const [row] = await ledger.db.prisma.sweep_transactions.findMany({ where: { purpose: 'top_up' } })
  expect([row?.status, row?.sweep_id]).toEqual(['confirmed', null])
})

function paid(): Promise<Payment> {
  return seedPayment(ledger.db, { address: randomAddress() })
}

function collection({ id, merchantId, address: sender }: Payment, symbol = 'ETH'): LostTransaction {
  const value = amount(5n)
  const mined = { hash: randomHash(), blockHash: randomHash(), blockNumber: 7, gasUsed: 21_000n, feePaid: amount(9n) }
  const sweep: NewSweep = {
    id: newId('sweep'),
    chain: 'anvil',
    chainId,
    asset: { symbol, contract: symbol === 'ETH' ? null : randomAddress(), decimals: 18 },
    treasury: randomAddress(),
    strategy: 'native',
    traceAnchor: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    items: [{ address: sender, paymentId: id, merchantId, amountPlanned: value }],
  }
  const fees = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }
  const attempt = { hash: mined.hash, raw: '0x02' as const, ...fees, takes: ZERO, cancels: false }
  return { chainId, sender, nonce: 0, purpose: 'collect', attempt, authorized: [], sweep, mined }
}

function sweepOf({ sweep }: LostTransaction): NewSweep {
  if (sweep === null) throw new Error('it collects')
  return sweep
}

function adopt(lost: LostTransaction): Promise<boolean> {
  return transaction(ledger.db, WORK, (tx) => adoptTransaction(tx, lost))
}

async function open(): Promise<SweepId[]> {
  return (await readOpenSweeps(ledger.db.prisma, chainId)).map(({ id }) => id)
}

async function attempts(sender: Address): Promise<number> {
  return ledger.db.prisma.sweep_attempts.count({
    where: { sweep_transactions: { sender: Buffer.from(sender.slice(2), 'hex') } },
  })
}

async function purposes(sender: Address): Promise<string[]> {
  const rows = await ledger.db.prisma.sweep_transactions.findMany({
    where: { sender: Buffer.from(sender.slice(2), 'hex') },
  })
  return rows.map(({ purpose }) => purpose)
}
