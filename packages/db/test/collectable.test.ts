import { amount } from '@ctrip/domain/amount'
import { newId } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import type { ScannedBlock } from '../src/chains/scanned-blocks'
import { type Database, openDatabase } from '../src/database/database'
import { transaction } from '../src/database/transaction'
import { readCollectable } from '../src/sweeps/collectable'
import { recordWaits } from '../src/sweeps/collection-waits'
import { insertSweeps } from '../src/sweeps/sweeps'
import { type Ledger, openLedger } from './ledger'
import { blockOn, CHAIN, ETH, nativeTransfer, randomAddress, seedChain, seedPayment, writeBlock } from './seed'

const WAITING = 1_500
const IN_SWEEPS = 500

let ledger: Ledger
/** One connection, so that what it has read can be asked of it. */
let db: Database
let tip: ScannedBlock
beforeEach(async () => {
  ledger = await openLedger()
  db = openDatabase({ url: ledger.url, applicationName: 'test', poolSize: 1, slowQueryMs: 60_000 })
  tip = await seedChain(db)
})
afterEach(async () => {
  await db.close()
  await ledger.close()
})

const LEAST = [{ contract: null, minSweep: amount(10n) }]
const collectable = () => readCollectable(db.prisma, CHAIN.chainId, LEAST)

test('gives what is confirmed and lies there, the oldest first, with whose it is', async () => {
  const [second, first] = [await paid(70n), await paid(90n)]
  await db.prisma.$executeRaw`UPDATE transfers SET created_at = now() - interval '1 day' WHERE amount = 90`
  expect(await collectable()).toMatchObject([
    {
      address: first.address,
      paymentId: first.id,
      merchantId: first.merchantId,
      amount: 90n,
      setbacks: { failures: 0 },
    },
    {
      address: second.address,
      paymentId: second.id,
      merchantId: second.merchantId,
      amount: 70n,
      setbacks: { failures: 0 },
    },
  ])
})

test('leaves out an address that a sweep holds', async () => {
  const { address, id: paymentId, merchantId } = await paid(70n)
  const items = [{ address, paymentId, merchantId, amountPlanned: amount(70n) }]
  const sweep = { ...CHAIN, id: newId('sweep'), asset: ETH, treasury: randomAddress(), strategy: 'native' as const }
  await transaction(db, 'test.sweep', (tx) => insertSweeps(tx, [{ ...sweep, traceAnchor: 'x', items }]))
  expect(await collectable()).toEqual([])
})

test('leaves out what waits for its time, until more has come or the time is there', async () => {
  const { address } = await paid(70n)
  const wait = { address, asset: ETH, reason: 'nothing_there', failures: 2 } as const
  const waiting = async (units: bigint, retryAt: Date) =>
    transaction(db, 'test.wait', (tx) => recordWaits(tx, CHAIN.chainId, [{ ...wait, amount: amount(units), retryAt }]))
  const tomorrow = new Date(Date.now() + 86_400_000)
  await waiting(70n, tomorrow)
  expect(await collectable()).toEqual([])
  await waiting(60n, tomorrow)
  expect(await collectable()).toMatchObject([
    { address, amount: 70n, setbacks: { failures: 2 }, waitReason: wait.reason },
  ])
  await waiting(70n, new Date(0))
  expect(await collectable()).toMatchObject([
    { address, amount: 70n, setbacks: { failures: 2 }, waitReason: wait.reason },
  ])
})

test('takes turns between assets, what was tried before, and dust', async () => {
  await seedBurst() // 1,500 that nobody has tried, of one asset
  await db.prisma.$executeRaw`UPDATE transfers SET created_at = now() - interval '1 day'`
  await db.prisma.$executeRaw`UPDATE transfers SET amount = 9 WHERE position % 3 = 0`
  await db.prisma.$executeRaw`
    INSERT INTO collection_waits (chain_id, address, asset_symbol, amount, reason, failures, retry_at)
    SELECT ${CHAIN.chainId}, to_address, 'ETH', 1, 'reverted', 1, now() - interval '1 day' FROM transfers WHERE position % 3 = 1`
  await db.prisma.$executeRaw`
    UPDATE transfers SET asset_symbol = 'USDC', asset_contract = to_address, created_at = now() WHERE position = 1502`
  const first = (await collectable()).slice(0, 7)
  expect(
    first.map(({ asset, amount: held, setbacks }) => `${asset.symbol} ${held} ${setbacks.failures}`).toSorted(),
  ).toEqual([...['ETH 70 0', 'ETH 70 0', 'ETH 70 1', 'ETH 70 1', 'ETH 9 0', 'ETH 9 0'], 'USDC 70 0'])
})

test('reads each open sweep once, though the planner was told nothing of a burst', async () => {
  await seedBurst()
  expect(await collectable()).toHaveLength(400)
  const read = await entriesRead()
  expect(read).toBeGreaterThan(IN_SWEEPS)
  expect(read).toBeLessThan(10 * (WAITING + IN_SWEEPS))
})

/** A payment with confirmed money, in a block of its own. */
async function paid(units: bigint): Promise<Payment> {
  const payment = await seedPayment(db)
  tip = blockOn(tip)
  await transaction(db, 'test.block', (tx) => writeBlock(tx, tip, [nativeTransfer(payment.address, units)]))
  await db.prisma.$executeRaw`UPDATE transfers SET status = 'confirmed'`
  return payment
}

/** Payments that wait, the first of them in open sweeps. */
async function seedBurst(): Promise<void> {
  await paid(70n)
  await db.prisma.$executeRaw`
    CREATE TABLE burst AS SELECT new_uuidv7() AS id, new_uuidv7() AS sweep, decode(lpad(to_hex(n), 40, '0'), 'hex') AS address, n
    FROM generate_series(1, ${WAITING + IN_SWEEPS}::int) n`
  await db.prisma.$executeRaw`
    INSERT INTO payments SELECT (jsonb_populate_record(payments, jsonb_build_object('id', burst.id, 'address', burst.address))).*
    FROM burst CROSS JOIN payments`
  await db.prisma.$executeRaw`
    INSERT INTO deposit_addresses SELECT address, fingerprint, n, id FROM burst CROSS JOIN wallets`
  await db.prisma.$executeRaw`
    INSERT INTO transfers SELECT (jsonb_populate_record(transfers, jsonb_build_object('id', new_uuidv7(), 'payment_id', burst.id,
      'to_address', burst.address, 'position', n, 'ordinal', n))).*
    FROM burst CROSS JOIN transfers`
  await db.prisma.$executeRaw`
    INSERT INTO sweeps (id, chain, chain_id, asset_symbol, asset_decimals, treasury, strategy, status, trace_anchor)
    SELECT sweep, ${CHAIN.chain}, ${CHAIN.chainId}, 'ETH', 18, address, 'native', 'broadcast', 'x' FROM burst WHERE n <= ${IN_SWEEPS}`
  await db.prisma.$executeRaw`
    INSERT INTO sweep_items (sweep_id, address, payment_id, merchant_id, chain_id, amount_planned)
    SELECT sweep, burst.address, id, merchant_id, ${CHAIN.chainId}, 1 FROM burst JOIN payments USING (id) WHERE n <= ${IN_SWEEPS}`
  await db.prisma.$executeRaw`
    INSERT INTO sweep_transactions (id, sweep_id, chain_id, sender, nonce, purpose, status)
    SELECT new_uuidv7(), sweep, ${CHAIN.chainId}, address, 0, 'collect', 'broadcast' FROM burst WHERE n <= ${IN_SWEEPS}`
}

/** Entries of the indexes of what is open that were read since the database was made. */
async function entriesRead(): Promise<number> {
  await db.prisma.$executeRaw`SELECT pg_stat_force_next_flush()`
  const rows = await db.prisma.$queryRaw<{ read: number }[]>`
    SELECT sum(idx_tup_read)::int AS read FROM pg_stat_user_indexes
    WHERE indexrelname IN ('sweep_items_one_at_a_time', 'sweep_transactions_open')`
  return rows[0]?.read ?? 0
}
