import type { ChainConfig } from '@ctrip/chain/chain-config'
import { rateBookOf } from '@ctrip/chain/rate-book'
import type { Database } from '@ctrip/db/database/database'
import { currentRates } from '@ctrip/db/rates/rates'
import type { AssetRate } from '@ctrip/domain/rates/rate-book'
import { type WorkLoop, workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'
import { type GaugeMetric, gauge } from '@ctrip/telemetry/metrics'

const INTERVAL_MS = 15_000
/** A reading older than this is no measurement of now: its gauges are absent. */
const FRESH_MS = 60_000

let rates: { readonly all: readonly AssetRate[]; readonly at: Date; readonly atMs: number } | null = null

gauge({
  name: 'rate_age_seconds',
  help: 'Age of the oldest round that the rate is made of. Absent for a fixed price.',
  labels: ['chain', 'asset', 'currency'],
  collect(self: GaugeMetric<'chain' | 'asset' | 'currency'>) {
    self.reset()
    if (rates === null || performance.now() - rates.atMs > FRESH_MS) return
    for (const { asset, currency, updatedAt } of rates.all) {
      if (updatedAt === null) continue
      const seconds = Math.max(0, (rates.at.getTime() - updatedAt.getTime()) / 1000)
      self.set({ chain: asset.chain, asset: asset.symbol, currency }, seconds)
    }
  },
})

gauge({
  name: 'rate_available',
  help: 'Whether the asset can be priced in every configured currency: 1 or 0.',
  labels: ['chain', 'asset'],
  collect(self: GaugeMetric<'chain' | 'asset'>) {
    self.reset()
    if (rates === null || performance.now() - rates.atMs > FRESH_MS) return
    for (const [{ chain, symbol }, all] of Map.groupBy(rates.all, ({ asset }) => asset))
      self.set({ chain, asset: symbol }, all.every(({ reason }) => reason === null) ? 1 : 0)
  },
})

export interface RateGaugesOptions {
  readonly db: Database
  readonly chains: readonly ChainConfig[]
  readonly log: Logger
}

/** Reports the rates as the API sees them, from the database, in every replica. */
export function rateGauges({ db, chains, log }: RateGaugesOptions): WorkLoop {
  const book = rateBookOf(chains)
  return workLoop({
    name: 'rate_gauges',
    intervalMs: INTERVAL_MS,
    log,
    async run() {
      const all = await db.query('rates.current', (prisma) => currentRates(prisma, book))
      rates = { all, at: new Date(), atMs: performance.now() }
      return 'idle'
    },
  })
}
