import { requestBackfill } from '@ctrip/db/chains/operator-requests'
import { transaction } from '@ctrip/db/database/transaction'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n
/** More than many cycles hold: memory that grows with them would show. */
const BLOCKS = 1_000
/** By the clock of this test, which no machine's speed changes. */
const CYCLE_MS = 2_000

describe('catching up', () => {
  let scanning: Scanning

  beforeAll(async () => {
    // What contracts paid long ago an Anvil cannot tell: it keeps few states.
    let now = 0
    const clock = () => (now += CYCLE_MS)
    scanning = await openScanning({ settings: { internal_transfers: 'none', finality: { depth: 64 } }, clock })
  })
  afterAll(() => scanning.close())

  it('takes thousands of blocks in order, within little memory, tells how far it is, and sees new payments', async () => {
    const old = await scanning.ledger.newPayment({})
    await scanning.pay(old, ETHER)
    const { cursor } = await scanning.state()
    await scanning.local.mine(BLOCKS)
    const before = process.memoryUsage().rss
    const recent = await scanning.ledger.newPayment({})
    await scanning.pay(recent, ETHER)
    while ((await scanning.cycle()) === 'more') {
      if (process.memoryUsage().rss - before > 250 * 2 ** 20) throw new Error('memory grows with the blocks behind')
    }
    expect((await scanning.state()).cursor.number).toBe(cursor.number + BLOCKS + 2)
    expect((await scanning.payment(old.id)).status).toBe('confirmed')
    expect((await scanning.payment(recent.id)).status).toBe('detected')
    const lines = scanning.logged.filter(({ msg }) => msg === 'scanner.catching_up')
    // Sixteen cycles, told of after every third, since they take 2 s and it is told every 5.
    expect(lines.map(({ done }) => done)).toEqual([192, 384, 576, 768, 938])
    expect(lines.at(-1)).toMatchObject({ chain: 'anvil', eta_seconds: 0 })
    for (const { done, total, blocks_per_second: speed } of lines) {
      expect(Number(done)).toBeLessThanOrEqual(Number(total))
      expect(Number(speed)).toBeGreaterThan(0)
    }
  }, 120_000)

  it('scans any range again, and finds nothing that is not known', async () => {
    const before = await everything()
    await backfill(1, 300)
    await backfill(BLOCKS - 10, 2 * BLOCKS)
    expect(await everything()).toEqual(before)
    expect(differences()).toEqual([])
  })

  it('finds what had been missed, credits it once, and says so', async () => {
    const { id, address } = await scanning.ledger.newPayment({})
    const { db } = scanning.ledger
    const missed = await scanning.ledger.newPayment({})
    // As if the address had not been known when its block was scanned.
    await db.prisma
      .$executeRaw`DELETE FROM deposit_addresses WHERE payment_id = (SELECT id FROM payments WHERE address = ${toBytes(missed.address)})`
    await scanning.pay(missed, ETHER)
    await scanning.pay({ address }, ETHER)
    await scanning.local.mine(3)
    await scanning.scan()
    const { cursor } = await scanning.state()
    await db.prisma.$executeRaw`
      INSERT INTO deposit_addresses (address, wallet, index, payment_id)
      SELECT address, 'test-wallet', 1000000, id FROM payments WHERE address = ${toBytes(missed.address)}`
    await backfill(cursor.number - 6, cursor.number)
    expect(await scanning.payment(missed.id)).toMatchObject({ status: 'confirmed', amountReceived: ETHER })
    expect(await scanning.payment(id)).toMatchObject({ amountReceived: ETHER })
    expect(differences()).toHaveLength(1)
    await backfill(cursor.number - 6, cursor.number)
    expect(differences()).toHaveLength(1)
  })

  it('reports a recorded transfer that the block does not hold', async () => {
    const payment = await scanning.ledger.newPayment({})
    await scanning.pay(payment, ETHER)
    await scanning.scan()
    const { cursor } = await scanning.state()
    await scanning.ledger.db.prisma.$executeRaw`
      INSERT INTO transfers (id, payment_id, chain, chain_id, block_hash, block_number, block_time, tx_hash, kind, position,
        ordinal, from_address, to_address, asset_symbol, asset_decimals, amount, status, in_time)
      SELECT gen_random_uuid(), payment_id, chain, chain_id, block_hash, block_number, block_time, tx_hash, kind, 7, 7,
        from_address, to_address, asset_symbol, asset_decimals, amount, status, in_time
      FROM transfers WHERE block_number = ${cursor.number} AND chain_id = ${scanning.local.chain.chainId}`
    scanning.logged.length = 0
    await backfill(cursor.number, cursor.number)
    const found = scanning.logged.filter(({ msg }) => msg === 'scanner.backfill_surplus')
    expect(found).toMatchObject([{ block: cursor.number, transfers: 1 }])
  })

  async function backfill(fromBlock: number, toBlock: number): Promise<void> {
    const { chainId } = scanning.local.chain
    await transaction(scanning.ledger.db, 'test.backfill', (tx) => requestBackfill(tx, { chainId, fromBlock, toBlock }))
    await scanning.scan()
    expect(await scanning.ledger.db.prisma.operator_requests.count({ where: { completed_at: null } })).toBe(0)
    await scanning.scan()
  }

  function differences() {
    return scanning.logged.filter(({ msg }) => msg === 'scanner.backfill_found' || msg === 'scanner.backfill_surplus')
  }

  async function everything() {
    const { prisma } = scanning.ledger.db
    return {
      transfers: await prisma.transfers.findMany({ orderBy: { id: 'asc' } }),
      payments: await prisma.payments.findMany({ orderBy: { id: 'asc' } }),
      events: await prisma.events.count(),
    }
  }
})

function toBytes(address: string): Uint8Array {
  return new Uint8Array(Buffer.from(address.slice(2), 'hex'))
}
