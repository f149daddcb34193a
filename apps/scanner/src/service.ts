import { hostname } from 'node:os'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { logAdmission } from '@ctrip/chain/checks/log-admission'
import { rateBookOf } from '@ctrip/chain/rate-book'
import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { isBlockAccepted } from '@ctrip/db/chains/accepted-blocks'
import { keptGenesis } from '@ctrip/db/chains/chain-identity'
import type { Database } from '@ctrip/db/database/database'
import { checkDatabase, openServiceDatabase } from '@ctrip/db/database/service-database'
import { connectBus } from '@ctrip/events/bus'
import type { Service, ServiceContext } from '@ctrip/service/run-service'
import { stopStack } from '@ctrip/service/stop-stack'
import type { Logger } from '@ctrip/telemetry/logger'
import { standbyRelay } from '@ctrip/use-cases/standby-relay'
import { catchUp } from './catch-up'
import { chainGauges } from './chain-gauges'
import { checkAssets } from './check-assets'
import type { ScannerConfig } from './config'
import { sessionExpiry } from './expire-sessions'
import { paymentGauges } from './payment-gauges'
import { rateGauges } from './rate-gauges'
import { reconcileLedger } from './reconcile-ledger'
import { rpcSource } from './rpc-source'
import { BLOCKS_PER_CYCLE_MAX } from './scan-blocks'
import { scanChain } from './scan-chain'

export async function buildScanner({ config, log }: ServiceContext<ScannerConfig>): Promise<Service> {
  const owner = `scanner@${hostname()}:${process.pid}`
  const stop = stopStack(log)
  const db = await openServiceDatabase({
    url: config.DATABASE_URL,
    service: 'ctrip-scanner',
    poolSize: config.DATABASE_POOL_SIZE,
    slowQueryMs: config.SLOW_QUERY_MS,
    log,
  })
  stop.push('database', db.close)
  const bus = connectBus({ url: config.NATS_URL, name: 'ctrip-scanner', log })
  stop.push('nats', bus.close)
  const relay = standbyRelay({ db, bus, owner, log })
  const standings = chainGauges({ db, chains: config.CHAINS_FILE, log })
  const rates = rateGauges({ db, chains: config.CHAINS_FILE, log })
  const rateBook = rateBookOf(config.CHAINS_FILE)
  const sessions = sessionExpiry({ db, rateBook, log, wakeRelay: bus.wakeRelay }, owner)
  const gauges = paymentGauges({ db, chains: config.CHAINS_FILE, owner, log })
  const chains = config.CHAINS_FILE.map((chain) => ({ config: chain, pool: openPool(chain, db, log) }))
  for (const { config: chain, pool } of chains) stop.push(`rpc:${chain.name}`, () => pool.close())
  const reconciliation = reconcileLedger({ db, chains, owner, log })
  const scanners = chains.map(({ config: chain, pool }) => {
    const source = rpcSource(chain, pool, log, (hash) =>
      db.query('blocks.accepted', (prisma) => isBlockAccepted(prisma, chain.chainId, hash)),
    )
    const progress = catchUp(log, chain.name, BLOCKS_PER_CYCLE_MAX)
    return scanChain({ chain, source, db, log, catchUp: progress, wakeRelay: bus.wakeRelay, rateBook }, owner, pool)
  })

  const assetChecks = chains.map(({ config: chain, pool }) => checkAssets({ chain, pool, db, log }))

  return {
    checks: [
      { name: 'database', required: true, probe: () => checkDatabase(db) },
      { name: 'nats', required: true, probe: bus.ping },
    ],
    async start() {
      await relay.start()
      stop.push('relay', relay.stop)
      standings.start()
      stop.push('chain gauges', standings.stop)
      rates.start()
      stop.push('rate gauges', rates.stop)
      await gauges.start()
      stop.push('gauges', gauges.stop)
      await sessions.start()
      stop.push('checkout sessions', sessions.stop)
      await reconciliation.start()
      stop.push('reconciliation', reconciliation.stop)
      for (const assetCheck of assetChecks) {
        assetCheck.start()
        stop.push('asset checks', assetCheck.stop)
      }
      for (const scanner of scanners) {
        await scanner.start()
        stop.push('scanner', scanner.stop)
      }
    },
    stop: stop.stopAll,
  }
}

/** Asks only providers of the configured chain, by its id and by the first block that this database saw. */
function openPool(chain: ChainConfig, db: Database, log: Logger): RpcPool {
  return new RpcPool(chain, {
    genesis: keptGenesis(db, chain.chainId),
    onAdmission: logAdmission(log, chain.name),
  })
}
