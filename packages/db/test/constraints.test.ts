import { addressToBytes } from '@ctrip/domain/address'
import { hashToBytes } from '@ctrip/domain/hash'
import { idToUuid, newId } from '@ctrip/domain/ids'
import { insertBlock, type ScannedBlock } from '../src/chains/scanned-blocks'
import { transaction } from '../src/database/transaction'
import { insertPayment } from '../src/payments/new-payments'
import { type Ledger, openLedger } from './ledger'
import { blockOn, CHAIN, nativeTransfer, seedChain, seedPayment, somePayment, writeBlock } from './seed'

let ledger: Ledger
let genesis: ScannedBlock
beforeAll(async () => {
  ledger = await openLedger()
  genesis = await seedChain(ledger.db)
})
afterAll(() => ledger.close())

describe('the database refuses', () => {
  it('two canonical blocks at one height', async () => {
    const add = () => transaction(ledger.db, 'test', (tx) => insertBlock(tx, CHAIN.chainId, blockOn(genesis)))
    await add()
    await expect(add()).rejects.toThrow(/blocks_one_canonical_per_height/)
  })

  it('the same transfer credited in two blocks', async () => {
    const payment = await seedPayment(ledger.db)
    const transfer = nativeTransfer(payment.address, 100n)
    const first = blockOn({ ...genesis, number: 100 })
    await transaction(ledger.db, 'test', (tx) => writeBlock(tx, first, [transfer]))
    const again = transaction(ledger.db, 'test', (tx) => writeBlock(tx, blockOn(first), [transfer]))
    await expect(again).rejects.toThrow(/transfers_credited_once/)
  })

  it('an address in two active sweeps', async () => {
    const payment = await seedPayment(ledger.db)
    const plan = async (active: boolean) => {
      const sweepId = idToUuid(newId('sweep'))
      const address = addressToBytes(payment.address)
      await transaction(ledger.db, 'test', async (tx) => {
        await tx.$executeRaw`
          INSERT INTO sweeps (id, chain, chain_id, asset_symbol, asset_decimals, treasury, strategy, status, trace_anchor)
          VALUES (${sweepId}::uuid, ${CHAIN.chain}, ${CHAIN.chainId}, 'ETH', 18, ${address}, 'native', 'planned', 'anchor')`
        await tx.$executeRaw`
          INSERT INTO sweep_items (sweep_id, address, payment_id, merchant_id, chain_id, amount_planned, active)
          VALUES (${sweepId}::uuid, ${address}, ${idToUuid(payment.id)}::uuid, ${idToUuid(payment.merchantId)}::uuid,
            ${CHAIN.chainId}, 100, ${active})`
      })
    }
    await plan(false)
    await plan(true)
    await expect(plan(true)).rejects.toThrow(/sweep_items_one_at_a_time/)
  })

  it('an address issued to two payments', async () => {
    const { address } = await seedPayment(ledger.db)
    await expect(seedPayment(ledger.db, { address })).rejects.toThrow(/payments_address_key/)
  })

  it('an address index used twice', async () => {
    const { merchantId } = await seedPayment(ledger.db)
    const rows = await ledger.db.prisma.deposit_addresses.findMany({ take: 1 })
    const [{ wallet, index } = { wallet: '', index: 0 }] = rows
    const again = transaction(ledger.db, 'test', (tx) =>
      insertPayment(tx, somePayment({ merchantId }), { wallet, index }, 'ctrip-api'),
    )
    await expect(again).rejects.toThrow(/deposit_addresses_by_path/)
  })

  it.each([
    ['an amount below nothing', 'amount_received = -1'],
    ['an amount beyond 2^256 - 1', 'amount_received = 2::numeric ^ 256'],
    ['more confirmed than received', 'amount_confirmed = amount_received + 1'],
    ['a status that is none', `status = 'lost'`],
    ['a settled payment without the time of it', `status = 'settled'`],
    ['a time of settlement without being settled', 'settled_at = now()'],
  ])('%s', async (_, change) => {
    const { id } = await seedPayment(ledger.db)
    const update = `UPDATE payments SET ${change} WHERE id = '${idToUuid(id)}'`
    await expect(ledger.db.prisma.$executeRawUnsafe(update)).rejects.toThrow(/violates check constraint/)
  })

  it('a transfer to an address that was never issued', async () => {
    const block = blockOn({ ...genesis, number: 200 })
    const payment = await seedPayment(ledger.db)
    await transaction(ledger.db, 'test', (tx) => writeBlock(tx, block, [nativeTransfer(payment.address, 1n)]))
    const redirect = ledger.db.prisma.$executeRaw`
      UPDATE transfers SET to_address = ${addressToBytes(somePayment().address)} WHERE block_hash = ${hashToBytes(block.hash)}`
    await expect(redirect).rejects.toThrow(/transfers_to_address_fkey/)
  })

  it.each(["UPDATE audit_log SET actor = 'x'", 'DELETE FROM audit_log'])(
    'to rewrite the audit log: %s',
    async (sql) => {
      await ledger.db.prisma.$executeRaw`INSERT INTO audit_log (actor, action) VALUES ('admin', 'merchant.created')`
      await expect(ledger.db.prisma.$executeRawUnsafe(sql)).rejects.toThrow(/append-only/)
    },
  )
})
