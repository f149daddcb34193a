import { randomBytes } from 'node:crypto'
import { addressToBytes } from '@ctrip/domain/address'
import { hashToBytes } from '@ctrip/domain/hash'
import { idToUuid, newId } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import { moveCursor } from '../src/chains/chain-state'
import { countAddresses, readLedgerPage } from '../src/chains/reconciliation'
import type { ScannedBlock, ScannedTransfer } from '../src/chains/scanned-blocks'
import { transaction } from '../src/database/transaction'
import { applyRoles, SERVICE_ROLES } from '../src/schema/service-roles'
import { type Ledger, openLedger } from './ledger'
import { blockOn, CHAIN, nativeTransfer, randomHash, seedChain, seedPayment, USDC, writeBlock } from './seed'

describe('what the ledger says of its addresses', () => {
  let ledger: Ledger
  let tip: ScannedBlock

  beforeEach(async () => {
    ledger = await openLedger()
    tip = await seedChain(ledger.db)
  })

  afterEach(() => ledger.close())

  it('adds up what came, gas top-ups among it, by asset', async () => {
    const { address } = await seedPayment(ledger.db)
    await scan(
      nativeTransfer(address, 70n),
      nativeTransfer(address, 30n, { position: 1 }),
      nativeTransfer(address, 5n, { kind: 'erc20', position: 2, logIndex: 2, asset: USDC }),
    )
    await ledger.db.query(
      'test',
      (prisma) => prisma.$executeRaw`UPDATE transfers SET kind = 'funding' WHERE amount = 30`,
    )
    expect((await read())?.entries.toSorted(byContract)).toMatchObject([
      { address, contract: null, received: 100n, collected: 0n, fees: 0n },
      { address, contract: USDC.contract, received: 5n },
    ])
  })

  it('takes off what sweeps took, and the fees that the address paid itself', async () => {
    const payment = await seedPayment(ledger.db)
    await scan(nativeTransfer(payment.address, 100n))
    await sweep(payment, { status: 'confirmed', collected: '90', fee: '10' })
    expect(await read()).toMatchObject({ underWay: 0, entries: [{ received: 100n, collected: 90n, fees: 10n }] })
  })

  it.each(['signed', 'broadcast', 'mined'])('leaves out an address whose transaction is %s', async (status) => {
    const payment = await seedPayment(ledger.db)
    await sweep(payment, { status, collected: null, fee: null })
    expect(await read()).toMatchObject({ underWay: 1, addresses: [], entries: [] })
  })

  it('leaves out an address whose confirmed sweep has left the chain, until the sweeper has noticed', async () => {
    const payment = await seedPayment(ledger.db)
    await scan(nativeTransfer(payment.address, 100n))
    await sweep(payment, { status: 'confirmed', collected: '90', fee: '10', blockHash: randomHash() })
    expect(await read()).toMatchObject({ underWay: 1, addresses: [] })
  })

  it('tells of the block that it speaks of, also where there are no addresses', async () => {
    expect(await read()).toEqual({
      block: { number: tip.number, hash: tip.hash },
      addresses: [],
      underWay: 0,
      entries: [],
      last: null,
    })
  })

  it('tells the scanner, under the rights of its role', async () => {
    await applyRoles(ledger.url, {})
    await transaction(ledger.db, 'test', async (tx) => {
      await tx.$executeRawUnsafe(`SET LOCAL ROLE ${SERVICE_ROLES.scanner}`)
      expect(await readLedgerPage(tx, CHAIN.chainId, null, 10)).not.toBeNull()
    })
  })

  it('has nothing to tell of a chain that was never scanned', async () => {
    expect(await ledger.db.query('test', (prisma) => readLedgerPage(prisma, 1, null, 10))).toBeNull()
  })

  it('comes to every address once, page by page', async () => {
    const issued = await Promise.all(Array.from({ length: 7 }, () => seedPayment(ledger.db)))
    const seen: string[] = []
    for (let page = await read(3); page !== null; page = page.last === null ? null : await read(3, page.last))
      seen.push(...page.addresses)
    expect(seen).toEqual(issued.map(({ address }) => address).toSorted())
    expect(await ledger.db.query('test', countAddresses)).toBe(7)
  })

  function read(size = 10, after: Parameters<typeof readLedgerPage>[2] = null) {
    return ledger.db.query('test', (prisma) => readLedgerPage(prisma, CHAIN.chainId, after, size))
  }

  async function scan(...transfers: ScannedTransfer[]): Promise<void> {
    const block = blockOn(tip)
    await transaction(ledger.db, 'test', async (tx) => {
      await writeBlock(tx, block, transfers)
      await moveCursor(tx, CHAIN.chainId, tip.hash, block)
    })
    tip = block
  }

  async function sweep(
    { id, merchantId, address }: Payment,
    how: { status: string; collected: string | null; fee: string | null; blockHash?: ReturnType<typeof randomHash> },
  ): Promise<void> {
    const sweepId = idToUuid(newId('sweep'))
    const mined = how.fee === null ? null : { hash: hashToBytes(how.blockHash ?? tip.hash), number: tip.number }
    await transaction(ledger.db, 'test', async (tx) => {
      await tx.$executeRaw`
        INSERT INTO sweeps (id, chain, chain_id, asset_symbol, asset_decimals, treasury, strategy, status, trace_anchor)
        VALUES (${sweepId}::uuid, 'anvil', ${CHAIN.chainId}, 'ETH', 18, ${randomBytes(20)}, 'native', 'confirmed', '')`
      await tx.$executeRaw`
        INSERT INTO sweep_items (sweep_id, address, payment_id, merchant_id, chain_id, amount_planned, amount_collected, active)
        VALUES (${sweepId}::uuid, ${addressToBytes(address)}, ${idToUuid(id)}::uuid, ${idToUuid(merchantId)}::uuid,
          ${CHAIN.chainId}, 90, ${how.collected}::numeric, false)`
      await tx.$executeRaw`
        INSERT INTO sweep_transactions (id, sweep_id, chain_id, sender, nonce, purpose, status, block_hash, block_number, fee_paid)
        VALUES (new_uuidv7(), ${sweepId}::uuid, ${CHAIN.chainId}, ${addressToBytes(address)}, 0, 'collect', ${how.status},
          ${mined?.hash ?? null}, ${mined?.number ?? null}, ${how.fee}::numeric)`
    })
  }
})

function byContract(a: { contract: string | null }, b: { contract: string | null }): number {
  return (a.contract ?? '').localeCompare(b.contract ?? '')
}
