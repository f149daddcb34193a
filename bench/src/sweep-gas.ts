import { round } from './lab/statistics'
import { type AssetSymbol, type Deposit, type SweepWorld, startSweepWorld } from './sweep-gas/sweep-world'

/**
 * The protocol's own minimum per deposit of a batch of 100: an authorization of an account that is empty (EIP-7702),
 * its place in the calldata, cold account and storage (EIP-2929), the token's storage and log, the refund as far as it goes
 * (EIP-3529); and for native coin a plain transfer.
 */
const FLOOR = { token_first: 27_676, token_again: 7_981, native: 21_000 }
/** A gas top-up and a token transfer by the address itself: the reference for batches. */
const TOP_UP_AND_TRANSFER = 50_265
const SIZES = [1, 10, 100]
const MANY = 1_000
const TIMED = 20

interface Collected {
  readonly gas_per_deposit: number
  /** Fees, and what of a top-up or of set aside gas stayed at the addresses, for one deposit. */
  readonly wei_per_deposit: { readonly paid: number; readonly left_behind: number; readonly total: number }
  /** The total as a multiple of what the gas cost at the prices it was mined at: 1 where nothing is wasted. */
  readonly total_to_gas: number
  readonly transactions: number
  readonly strategies: readonly string[]
}

/** The whole gateway sweeps on Anvil. The figures are from its books, which the tests compare with the chain. */
export async function run(): Promise<object> {
  const world = await startSweepWorld()
  try {
    const native = await eachSize(world, 'ETH')
    const topUp = await eachSize(world, 'USDC')
    const time = await confirmedToSettled(world)
    await world.deploy()
    const batch = await eachSize(world, 'USDC')
    return {
      gas: { native, token_top_up: topUp, token_batch: batch },
      floor: FLOOR,
      token_at_100: {
        first_to_floor: ratio(batch['100']?.first.gas_per_deposit, FLOOR.token_first),
        again_to_floor: ratio(batch['100']?.again.gas_per_deposit, FLOOR.token_again),
        first_to_top_up: ratio(batch['100']?.first.gas_per_deposit, TOP_UP_AND_TRANSFER),
        again_to_top_up: ratio(batch['100']?.again.gas_per_deposit, TOP_UP_AND_TRANSFER),
      },
      confirmed_to_settled_seconds: time,
      many: await many(world),
    }
  } finally {
    await world.stop()
  }
}

async function eachSize(world: SweepWorld, asset: AssetSymbol) {
  const results: Record<string, { readonly first: Collected; readonly again: Collected }> = {}
  for (const size of SIZES) {
    const deposits = await world.newDeposits(asset, size)
    results[size] = { first: await collect(world, asset, deposits), again: await collect(world, asset, deposits) }
  }
  return results
}

async function collect(world: SweepWorld, asset: AssetSymbol, deposits: readonly Deposit[]): Promise<Collected> {
  await world.pause()
  const coinsBefore = await world.coinsAt(deposits)
  await world.pay(asset, deposits)
  await world.confirmed()
  const since = new Date()
  await world.resume()
  await world.collected()
  const { rows } = await world.sql.query<{ gas: string; fees: string; transactions: string; strategies: string[] }>(
    `SELECT sum(gas_used) AS gas, sum(fee_paid) AS fees, count(*) FILTER (WHERE purpose <> 'authorize') AS transactions,
       array_agg(DISTINCT strategy) AS strategies
     FROM sweep_transactions sent JOIN sweeps ON sweeps.id = sent.sweep_id WHERE sweeps.created_at >= $1`,
    [since],
  )
  const [row] = rows
  const leftBehind = Number((await world.coinsAt(deposits)) - coinsBefore)
  const fees = Number(row?.fees)
  const each = (wei: number) => Math.round(wei / deposits.length)
  return {
    gas_per_deposit: each(Number(row?.gas)),
    wei_per_deposit: { paid: each(fees), left_behind: each(leftBehind), total: each(fees + leftBehind) },
    total_to_gas: ratio(fees + leftBehind, fees),
    transactions: Number(row?.transactions),
    strategies: row?.strategies ?? [],
  }
}

/** Payments one after the other; 1 s blocks, three confirmations of the sweep. */
async function confirmedToSettled(world: SweepWorld): Promise<object> {
  const ids: string[] = []
  for (let n = 0; n < TIMED; n++) {
    const deposits = await world.newDeposits(n % 2 === 0 ? 'ETH' : 'USDC', 1)
    await world.pay(n % 2 === 0 ? 'ETH' : 'USDC', deposits)
    ids.push(...deposits.map(({ id }) => id))
  }
  await world.collected()
  const { rows } = await world.sql.query<{ symbol: string; p50: number; worst: number }>(
    `SELECT asset_symbol AS symbol, percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS p50, max(took) AS worst FROM (
       SELECT asset_symbol, extract(epoch FROM settled_at - confirmed_at)::float8 AS took FROM payments
       WHERE settled_at IS NOT NULL ORDER BY created_at DESC LIMIT $1) timed GROUP BY 1`,
    [ids.length],
  )
  return Object.fromEntries(rows.map(({ symbol, p50, worst }) => [symbol, { p50, worst }]))
}

async function many(world: SweepWorld): Promise<object> {
  await world.pause()
  for (const asset of ['ETH', 'USDC'] as const) await world.pay(asset, await world.newDeposits(asset, MANY / 2))
  await world.confirmed()
  const since = new Date()
  await world.resume()
  await world.collected()
  const seconds = (Date.now() - since.getTime()) / 1_000
  const { rows } = await world.sql.query<{ transactions: string; failures: string }>(
    `SELECT (SELECT count(*) FROM sweep_transactions WHERE purpose <> 'authorize' AND created_at >= $1) AS transactions,
       (SELECT count(*) FROM sweeps WHERE status = 'failed' AND created_at >= $1) AS failures`,
    [since],
  )
  const [row] = rows
  return { deposits: MANY, seconds, transactions: Number(row?.transactions), failures: Number(row?.failures) }
}

function ratio(value: number | undefined, of: number): number {
  return round((value ?? Number.NaN) / of, 3)
}
