import { moveCursor } from '@ctrip/db/chains/chain-state'
import type { ScannedBlock } from '@ctrip/db/chains/scanned-blocks'
import { transaction } from '@ctrip/db/database/transaction'
import { lockPayments, readPayments } from '@ctrip/db/payments/payments'
import { amount } from '@ctrip/domain/amount'
import { idToUuid } from '@ctrip/domain/ids'
import type { PaymentStatus } from '@ctrip/domain/payment/payment'
import { type Ledger, openLedger } from '../../db/test/ledger'
import { blockOn, CHAIN, nativeTransfer, seedChain, seedPayment, USDC, writeBlock } from '../../db/test/seed'
import { changePayments } from '../src/change-payments'

// payment_discrepancy (migration 0030) repeats the rules of packages/domain as a check. Both must agree, or the check would refuse
// what is right, or let pass what is wrong.

const ROUNDS = 60
const STATUSES: readonly PaymentStatus[] = ['pending', 'partially_paid', 'detected', 'confirmed', 'expired']

let ledger: Ledger
let tip: ScannedBlock
beforeAll(async () => {
  ledger = await openLedger()
  tip = await seedChain(ledger.db)
  await ledger.db.prisma.$executeRaw`
    INSERT INTO sweeps (id, chain, chain_id, asset_symbol, asset_decimals, treasury, strategy, status, trace_anchor)
    SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'anvil', 31337, 'ETH', 18, decode(repeat('cd', 20), 'hex'), 'native', status, ''
    FROM (VALUES (1, 'confirmed'), (2, 'broadcast')) given(n, status)`
})
afterAll(() => ledger.close())

/** The same numbers in each run (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

it('agrees with the rules of the domain about every payment, and with no other status or amount', async () => {
  const seen = new Set<string>()
  for (let round = 1; round <= ROUNDS; round++) {
    const below = random(round)
    const accepted = below(3) === 0
    const { id, address } = await seedPayment(ledger.db, {
      toleranceBps: below(2) * 500,
      latePolicy: below(2) === 0 ? 'accept' : 'review',
      amountAccepted: null,
    })
    const block = { ...blockOn(tip), time: new Date(tip.time.getTime() + (round > ROUNDS / 2 ? 600_000 : 1_000)) }
    await transaction(ledger.db, 'test.pay', async (tx) => {
      await lockPayments(tx, [id])
      const transfers = Array.from({ length: below(4) }, (_, position) =>
        nativeTransfer(address, BigInt(1 + below(120)), {
          position,
          ...(below(6) === 0 ? { asset: USDC, kind: 'erc20' } : {}),
        }),
      )
      const recorded = await writeBlock(tx, block, transfers)
      for (const one of recorded) {
        const status = ['included', 'confirmed', 'final', 'orphaned'][below(4)]
        const sweep = [null, '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002'][below(3)]
        await tx.$executeRaw`
          UPDATE transfers SET status = ${status}, in_time = ${below(3) > 0}, collected_by = ${sweep}::uuid
          WHERE id = ${idToUuid(one.id)}::uuid`
      }
      if (accepted)
        await tx.$executeRaw`UPDATE payments SET amount_accepted = ${1 + below(60)} WHERE id = ${idToUuid(id)}::uuid`
      await moveCursor(tx, CHAIN.chainId, tip.hash, block)
      const appeared = recorded.map((transfer) => transfer.id)
      await changePayments(tx, [id], () => ({ kind: 'transfers_changed', appeared, reappeared: [], orphaned: [] }), {
        actor: 'test',
      })
    })
    tip = block
    const [subject] = await readPayments(ledger.db.prisma, [id])
    const status = subject?.payment.status ?? 'pending'
    seen.add(status)
    expect(await judge(id, '')).toBeNull()
    for (const other of STATUSES) {
      // Whether it expired is a question of time, which assert_payment_supported asks.
      const isUnpaid = status === 'pending' || status === 'partially_paid' || status === 'expired'
      if (other === status || (isUnpaid && other === 'expired') || status === 'expired') continue
      expect(await judge(id, `status = '${other}', settled_at = NULL`)).not.toBeNull()
    }
    expect(await judge(id, 'amount_received = amount_received + 1')).toContain('amount_received')
  }
  expect([...seen].sort()).toEqual(['confirmed', 'detected', 'expired', 'partially_paid', 'pending', 'settled'])
})

/** The contradiction that the database would see after this change, which is rolled back. */
async function judge(id: Parameters<typeof idToUuid>[0], change: string): Promise<string | null> {
  const uuid = idToUuid(id)
  const found: (string | null)[] = []
  const judging = transaction(ledger.db, 'test.judge', async (tx) => {
    if (change !== '') await tx.$executeRawUnsafe(`UPDATE payments SET ${change} WHERE id = '${uuid}'`)
    const rows = await tx.$queryRaw<{ discrepancy: string | null }[]>`
      SELECT payment_discrepancy(payments) AS discrepancy FROM payments WHERE id = ${uuid}::uuid`
    found.push(rows[0]?.discrepancy ?? null)
    throw new RollBack()
  })
  await expect(judging).rejects.toThrow(RollBack)
  return found[0] ?? null
}

class RollBack extends Error {}

it('reads every TypeID as the UUID that it stands for, and nothing else', async () => {
  const payments = await Promise.all(Array.from({ length: 20 }, () => seedPayment(ledger.db, { amount: amount(7n) })))
  for (const { id } of payments) {
    const rows = await ledger.db.prisma.$queryRaw<
      { uuid: string | null; other: string | null; damaged: string | null }[]
    >`
      SELECT uuid_of('pay', ${id}::text) AS uuid, uuid_of('evt', ${id}::text) AS other,
        uuid_of('pay', ${id.replace(/.$/, 'u')}::text) AS damaged`
    expect(rows).toEqual([{ uuid: idToUuid(id), other: null, damaged: null }])
  }
})
