import type { ChainConfig } from '@ctrip/chain/chain-config'
import type { Database } from '@ctrip/db/database/database'
import { toAmount } from '@ctrip/db/payments/payment-rows'
import { readPayments } from '@ctrip/db/payments/payments'
import { addressFromBytes } from '@ctrip/domain/address'
import { hashFromBytes } from '@ctrip/domain/hash'
import type { Payment } from '@ctrip/domain/payment/payment'
import type { SimulatedChain } from './simulated-chain'

/** Compares the books with the chain: every unit collected once and settled only where it stayed, nonces without gaps, nothing on the chain that is not in the books. */
export async function findDiscrepancies(
  db: Database,
  chain: SimulatedChain,
  config: ChainConfig,
  payments: readonly Payment[],
): Promise<string[]> {
  return [
    ...(await settledWrongly(db, chain, payments)),
    ...leftBehind(chain, payments),
    ...(await treasuryDiffers(db, chain, config)),
    ...(await noncesWrong(db, chain)),
    ...(await stillOpen(db)),
  ]
}

/** Whether its customer has paid, and has not taken that back in a reorg. */
export function isPaid(chain: SimulatedChain, { address, asset, amount }: Payment): boolean {
  return chain.received(address, asset.contract !== null) >= amount
}

async function settledWrongly(db: Database, chain: SimulatedChain, payments: readonly Payment[]): Promise<string[]> {
  const subjects = await readPayments(
    db.prisma,
    payments.map(({ id }) => id),
  )
  return subjects.flatMap(({ payment, transfers }) => {
    const loose = transfers.filter(
      ({ status, kind, collected }) => status !== 'orphaned' && kind !== 'funding' && !collected,
    )
    const problems = loose.map(
      ({ asset, amount, status, blockNumber }) =>
        `${payment.id}: ${amount} ${asset.symbol} of block ${blockNumber}, ${status}, not collected`,
    )
    const isRight = (payment.status === 'settled') === isPaid(chain, payment)
    return isRight ? problems : [`${payment.id} is ${payment.status}`, ...problems]
  })
}

/** Gas for a no-op that was not needed any more may stay: 21,000 gas at the price of a fee jump, and a tenth of one payment at most. */
const GAS_LEFT_MAX = 10n ** 17n

function leftBehind(chain: SimulatedChain, payments: readonly Payment[]): string[] {
  const { coins, tokens } = chain.head.state
  return payments.flatMap(({ id, address, asset }) => {
    const tokensLeft = tokens.get(address) ?? 0n
    // Where tokens were collected, what was not used of the top-up stays.
    const coinsLeft = asset.contract === null ? (coins.get(address) ?? 0n) : 0n
    return [
      ...(tokensLeft === 0n ? [] : [`${id} has ${tokensLeft} tokens left`]),
      ...(coinsLeft < GAS_LEFT_MAX ? [] : [`${id} has ${coinsLeft} wei left`]),
    ]
  })
}

/** What the items say was collected is what the treasury has: nobody else pays in here. */
async function treasuryDiffers(db: Database, chain: SimulatedChain, config: ChainConfig): Promise<string[]> {
  const { coins, tokens } = chain.head.state
  const rows = await db.prisma.sweep_items.findMany({ include: { sweeps: true } })
  const collected = (token: boolean): bigint =>
    rows
      .filter(({ sweeps }) => (sweeps.asset_contract !== null) === token && sweeps.status === 'confirmed')
      .reduce((total, row) => total + (row.amount_collected === null ? 0n : toAmount(row.amount_collected)), 0n)
  const compare = (asset: string, book: bigint, real: bigint): string[] =>
    book === real ? [] : [`the treasury has ${real} ${asset}, the books say ${book}`]
  return [
    ...compare('USDC', collected(true), tokens.get(config.treasury) ?? 0n),
    ...compare('ETH', collected(false), coins.get(config.treasury) ?? 0n),
  ]
}

async function noncesWrong(db: Database, chain: SimulatedChain): Promise<string[]> {
  const rows = await db.prisma.sweep_transactions.findMany({ orderBy: [{ sender: 'asc' }, { nonce: 'asc' }] })
  const attempts = new Set((await db.prisma.sweep_attempts.findMany()).map(({ hash }) => hashFromBytes(hash)))
  const unknown = chain.blocks
    .flatMap(({ mined }) => mined)
    .filter(({ decoded, hash }) => decoded !== null && !attempts.has(hash))
    .map(({ hash }) => `${hash} was mined, and is in no book`)
  const lines = Map.groupBy(rows, ({ sender }) => addressFromBytes(sender))
  const gaps = [...lines].flatMap(([sender, line]) => {
    const used = chain.head.state.nonces.get(sender) ?? 0
    const inOrder = line.every(({ nonce }, at) => Number(nonce) === at)
    return inOrder && used === line.length ? [] : [`${sender} has ${line.length} nonces in the books, ${used} used`]
  })
  return [...unknown, ...gaps]
}

async function stillOpen(db: Database): Promise<string[]> {
  const sweeps = await db.prisma.sweeps.findMany({
    where: { status: { in: ['planned', 'broadcast'] } },
    include: { sweep_transactions: true },
  })
  const pauses = await db.prisma.sweep_pauses.findMany()
  return [
    ...sweeps.map(({ id, status, sweep_transactions: sent }) => {
      const story = sent.map((one) => `${one.purpose} ${one.nonce} ${one.status} in ${one.block_number}`)
      return `sweep ${id} is still ${status}: ${story.join(', ')}`
    }),
    ...pauses.map(({ reason }) => `paused: ${reason}`),
  ]
}
