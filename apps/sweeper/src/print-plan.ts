import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { openServiceDatabase } from '@ctrip/db/database/service-database'
import { readUnmined } from '@ctrip/db/sweeps/sweep-transactions'
import { loadConfig } from '@ctrip/service/config'
import { StartupError } from '@ctrip/service/startup-error'
import { createLogger } from '@ctrip/telemetry/logger'
import { configSchema } from './config'
import { openKeys } from './open-keys'
import { makePlan, type Plan } from './plan-sweeps'
import { inquire } from './round'
import { rpcChain } from './rpc-chain'

/** `node dist/print-plan.js`: what would be swept now, how, and at what price, and what waits and why. Signs and writes nothing. */
async function printPlan(): Promise<void> {
  const loaded = loadConfig(configSchema, process.env)
  if (!loaded.ok) throw new StartupError(loaded.problems)
  const log = createLogger({ service: 'ctrip-sweeper', level: 'silent' })
  const { DATABASE_URL: url, SLOW_QUERY_MS: slowQueryMs, CHAINS_FILE: chains } = loaded.config
  const db = await openServiceDatabase({ url, service: 'ctrip-sweeper', poolSize: 2, slowQueryMs, log })
  const keys = openKeys(loaded.config)
  const idle = { keys, db, log, wakeRelay: () => undefined, now: () => new Date() }
  for (const config of chains) {
    const pool = new RpcPool(config)
    const chain = rpcChain(pool, config, AbortSignal.timeout(TIMEOUT_MS))
    const plan = await makePlan(inquire({ ...idle, config, chain }, await readUnmined(db.prisma, config.chainId)))
    process.stdout.write(`${JSON.stringify({ chain: config.name, ...render(plan) })}\n`)
    await pool.close()
  }
  await db.close()
}

const TIMEOUT_MS = 60_000

function render({ proposals, waits }: Plan) {
  return {
    sweeps: proposals.map(({ strategy, parts, feeWeiEach }) => ({
      strategy,
      asset: parts[0]?.money.asset.symbol,
      fee_wei_each: feeWeiEach.toString(),
      items: parts.map(({ money }) => ({ payment_id: money.paymentId, amount: money.amount.toString() })),
    })),
    waiting: waits.map(({ money, reason }) => ({
      payment_id: money.paymentId,
      asset: money.asset.symbol,
      amount: money.amount.toString(),
      reason,
    })),
  }
}

printPlan().catch((error: unknown) => {
  const problems = error instanceof StartupError ? error.problems : [String(error)]
  process.stderr.write(`${problems.join('\n')}\n`)
  process.exitCode = error instanceof StartupError ? 2 : 1
})
