import type { Database } from '@ctrip/db/database/database'
import { idFromUuid, idToUuid, type PaymentId } from '@ctrip/domain/ids'
import { branch, movesOf, type SimBlock } from './block-tree'
import type { Move } from './transactions'
import type { World } from './world'

export interface Expectations {
  readonly db: Database
  readonly world: World
  readonly chainId: number
  readonly firstBlock: number
  readonly payments: readonly PaymentId[]
  readonly reverts: ReadonlyMap<PaymentId, number>
}

interface TransferFacts {
  payment_id: string
  block: string
  block_time: Date
  tx: string
  kind: string
  ordinal: number
  recipient: string
  amount: string
  status: string
  in_time: boolean
  block_number: number
}

interface PaymentFacts {
  id: string
  status: string
  amount: string
  amount_received: string
  amount_confirmed: string
  late_policy: string
  expires_at: Date
  confirmations_required: number
  sequence: number
  sequences: number[]
  types: string[]
}

/**
 * At any moment: what is credited is what the committed blocks hold, no more and no less, whatever branch they are of. Less are only
 * the internal transfers of a block that says openly that it owes them.
 */
export async function checkNothingAhead({ db, world, chainId, firstBlock }: Expectations): Promise<string[]> {
  const rows = await db.prisma.$queryRaw<{ hash: string; number: bigint }[]>`
    SELECT '0x' || encode(hash, 'hex') AS hash, number FROM blocks WHERE chain_id = ${chainId} AND canonical AND number >= ${firstBlock}`
  const committed = [...world.blocks.values()].filter(({ hash }) => rows.some((row) => row.hash === hash))
  const problems = committed.length === rows.length ? [] : ['a committed block is of no branch']
  const debts = await db.prisma.$queryRaw<{ hash: string }[]>`
    SELECT '0x' || encode(block_hash, 'hex') AS hash FROM trace_debts WHERE chain_id = ${chainId}`
  const owing = new Set(debts.map(({ hash }) => hash))
  const owed = expectedMoves(
    world,
    committed.filter(({ hash }) => owing.has(hash)),
    ['internal'],
  )
  return [...problems, ...differences(expectedMoves(world, committed), await liveMoves(db, chainId), owed)]
}

/** When everything has been scanned: the ledger is the canonical chain's transfers, and each payment a pure function of them. */
export async function checkLedger(expectations: Expectations): Promise<string[]> {
  const { db, world, chainId, firstBlock } = expectations
  const canonical = [...branch(world.canonical, firstBlock - 1)]
  const states = await db.prisma.$queryRaw<{ hash: string }[]>`
    SELECT '0x' || encode(cursor_hash, 'hex') AS hash FROM chain_state WHERE chain_id = ${chainId}`
  const problems = states[0]?.hash === world.canonical.hash ? [] : ['the cursor is not at the head']
  problems.push(...differences(expectedMoves(world, canonical), await liveMoves(db, chainId)))
  for (const payment of await readPayments(db, expectations.payments))
    problems.push(...checkPayment(expectations, payment, await readTransfers(db, payment.id)))
  return problems
}

function checkPayment(
  { world, reverts }: Expectations,
  payment: PaymentFacts,
  all: readonly TransferFacts[],
): string[] {
  const problems: string[] = []
  const expect = (what: string, actual: unknown, expected: unknown): void => {
    if (actual !== expected) problems.push(`${payment.id}: ${what} is ${String(actual)}, not ${String(expected)}`)
  }
  const live = all.filter(({ status }) => status !== 'orphaned')
  const sum = (transfers: readonly TransferFacts[]) =>
    transfers.reduce((total, { amount }) => total + BigInt(amount), 0n)
  const carrying = live.filter(({ in_time: inTime }) => inTime || payment.late_policy === 'accept')
  const isConfirmed = ({ status }: TransferFacts) => status === 'confirmed' || status === 'final'
  const enough = BigInt(payment.amount)
  const stage =
    sum(carrying.filter(isConfirmed)) >= enough
      ? 'confirmed'
      : sum(carrying) >= enough
        ? 'detected'
        : world.canonical.timestamp * 1000 > payment.expires_at.getTime() || payment.status === 'expired'
          ? 'expired'
          : carrying.length > 0
            ? 'partially_paid'
            : 'pending'
  expect('status', payment.status, stage)
  expect('received', BigInt(payment.amount_received), sum(live))
  expect('confirmed', BigInt(payment.amount_confirmed), sum(live.filter(isConfirmed)))
  expect(
    'reverts told',
    payment.types.filter((type) => type === 'payment.reorged').length,
    reverts.get(idFromUuid('payment', payment.id)) ?? 0,
  )
  expect('events', payment.sequences.join(), Array.from({ length: payment.sequence }, (_, at) => at + 1).join())
  if (payment.status === 'expired' && !payment.types.includes('payment.expired'))
    problems.push(`${payment.id}: expired untold`)
  for (const transfer of live) {
    const deep = world.canonical.number - transfer.block_number + 1 >= payment.confirmations_required
    if (deep && !isConfirmed(transfer)) problems.push(`${transfer.tx} is deep, and not confirmed`)
    const inTime = all.some(
      ({ tx, kind, ordinal, block_time: time }) =>
        tx === transfer.tx && kind === transfer.kind && ordinal === transfer.ordinal && time <= payment.expires_at,
    )
    expect(`in time of ${transfer.tx}`, transfer.in_time, inTime)
  }
  return problems
}

function expectedMoves(
  { payable, funding }: World,
  blocks: readonly SimBlock[],
  kinds: readonly Move['kind'][] = ['native', 'erc20', 'internal'],
): string[] {
  const ours = new Set(payable.map(({ address }) => address))
  return blocks.flatMap((block) =>
    movesOf(block)
      .filter(({ kind, to, amount }) => kinds.includes(kind) && ours.has(to) && amount > 0n)
      .map(({ txHash, kind, ordinal, to, amount }) =>
        [block.hash, txHash, funding.has(txHash) ? 'funding' : kind, ordinal, to, amount].join(' '),
      ),
  )
}

async function liveMoves(db: Database, chainId: number): Promise<string[]> {
  const rows = await db.prisma.$queryRaw<TransferFacts[]>`
    SELECT '0x' || encode(block_hash, 'hex') AS block, '0x' || encode(tx_hash, 'hex') AS tx, kind, ordinal,
      '0x' || encode(to_address, 'hex') AS recipient, amount::text
    FROM transfers WHERE chain_id = ${chainId} AND status <> 'orphaned'`
  return rows.map(({ block, tx, kind, ordinal, recipient, amount }) =>
    [block, tx, kind, ordinal, recipient, amount].join(' '),
  )
}

function differences(expected: readonly string[], actual: readonly string[], owed: readonly string[] = []): string[] {
  const count = (list: readonly string[], one: string) => list.filter((other) => other === one).length
  return [
    ...expected.filter((move) => count(actual, move) === 0 && !owed.includes(move)).map((move) => `lost: ${move}`),
    ...actual.filter((move) => !expected.includes(move)).map((move) => `invented: ${move}`),
    ...actual.filter((move) => count(actual, move) > 1).map((move) => `doubled: ${move}`),
  ]
}

/** Those that count for the payment. */
async function readTransfers(db: Database, paymentUuid: string): Promise<TransferFacts[]> {
  return db.prisma.$queryRaw<TransferFacts[]>`
    SELECT '0x' || encode(transfers.tx_hash, 'hex') AS tx, kind, ordinal, transfers.amount::text, transfers.status, in_time,
      block_number::int, block_time
    FROM transfers JOIN payments ON payments.id = payment_id
    WHERE payment_id = ${paymentUuid}::uuid AND kind <> 'funding'
      AND transfers.asset_contract IS NOT DISTINCT FROM payments.asset_contract`
}

async function readPayments(db: Database, ids: readonly PaymentId[]): Promise<PaymentFacts[]> {
  return db.prisma.$queryRaw<PaymentFacts[]>`
    SELECT id, status, amount::text, amount_received::text, amount_confirmed::text, late_policy, expires_at,
      confirmations_required, sequence,
      ARRAY(SELECT events.sequence FROM events WHERE payment_id = payments.id ORDER BY 1) AS sequences,
      ARRAY(SELECT events.type FROM events WHERE payment_id = payments.id ORDER BY events.sequence) AS types
    FROM payments WHERE id = ANY(${ids.map(idToUuid)}::uuid[])`
}
