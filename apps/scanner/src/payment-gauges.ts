import type { ChainConfig } from '@ctrip/chain/chain-config'
import { deepestRecentReorg } from '@ctrip/db/chains/scanned-blocks'
import { summarizeTraceDebts } from '@ctrip/db/chains/trace-debts'
import type { Database } from '@ctrip/db/database/database'
import { keepLease } from '@ctrip/db/leases/lease-keeper'
import { countOpenPayments, countOverduePayments } from '@ctrip/db/payments/payment-statistics'
import { smallestDepth } from '@ctrip/domain/confirmations'
import { workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'
import { gauge } from '@ctrip/telemetry/metrics'

/** Whoever holds it reports what is true of the whole system, so that replicas do not report it twice. */
const GAUGES_LEASE = 'payment-gauges'
const INTERVAL_MS = 5_000
const OPEN = ['pending', 'partially_paid', 'detected', 'confirmed']

const open = gauge({ name: 'payments_open', help: 'Payments that wait for something.', labels: ['status', 'chain'] })
const oldest = gauge({
  name: 'payment_oldest_open_age_seconds',
  help: 'Age of the oldest payment that waits.',
  labels: ['status', 'chain'],
})
const overdue = gauge({
  name: 'payments_overdue',
  help: "Payments seen longer ago than the chain's target and not confirmed yet.",
  labels: ['chain'],
})
const slo = gauge({
  name: 'confirmation_slo_seconds',
  help: 'Within how many seconds of being seen a payment should be confirmed.',
  labels: ['chain'],
})

const reorgMargin = gauge({
  name: 'reorg_safety_margin_blocks',
  help: "The chain's smallest confirmation depth less the deepest reorg of the last 24 hours; none where a tag confirms.",
  labels: ['chain'],
})

const traceDebts = gauge({
  name: 'trace_debts',
  help: 'Committed blocks whose internal transfers are still unknown.',
  labels: ['chain'],
})

export interface PaymentGaugesOptions {
  readonly db: Database
  readonly chains: readonly ChainConfig[]
  readonly owner: string
  readonly log: Logger
}

export function paymentGauges({ db, chains, owner, log }: PaymentGaugesOptions) {
  const keeper = keepLease(db, {
    name: GAUGES_LEASE,
    owner,
    onError: (err) => log.warn({ err }, 'scanner.gauges_lease_failed'),
  })
  const loop = workLoop({ name: 'payment_gauges', intervalMs: INTERVAL_MS, log, run })

  async function run(): Promise<'idle'> {
    try {
      const measured = keeper.current() === null ? null : await measure(db, chains)
      forget() // all at once, after what takes time: a scrape in between would find no gauge
      if (measured !== null) report(chains, measured)
      return 'idle'
    } catch (error) {
      forget() // what cannot be measured is absent, not what it was
      throw error
    }
  }

  return {
    async start(): Promise<void> {
      await keeper.start()
      loop.start()
    },
    async stop(): Promise<void> {
      await loop.stop()
      await keeper.stop()
    },
  }
}

function forget(): void {
  for (const each of [open, oldest, overdue, reorgMargin, traceDebts]) each.reset()
}

async function measure(db: Database, chains: readonly ChainConfig[]) {
  const counted = await countOpenPayments(db)
  const debts = await db.query('trace_debts.count', (prisma) => summarizeTraceDebts(prisma))
  const overdueOf = new Map<string, number>()
  const deepestOf = new Map<string, number>()
  for (const { name, chainId, confirmationSloSeconds } of chains) {
    overdueOf.set(name, await countOverduePayments(db, name, confirmationSloSeconds))
    deepestOf.set(name, await db.query('reorgs.deepest', (prisma) => deepestRecentReorg(prisma, chainId)))
  }
  return { counted, debts, overdueOf, deepestOf }
}

function report(
  chains: readonly ChainConfig[],
  { counted, debts, overdueOf, deepestOf }: Awaited<ReturnType<typeof measure>>,
): void {
  for (const { name: chain, chainId, confirmations, confirmationSloSeconds } of chains) {
    for (const status of OPEN) {
      open.set({ chain, status }, 0)
      oldest.set({ chain, status }, 0)
    }
    slo.set({ chain }, confirmationSloSeconds)
    overdue.set({ chain }, overdueOf.get(chain) ?? 0)
    traceDebts.set({ chain }, debts.get(chainId)?.count ?? 0)
    const depth = smallestDepth(confirmations)
    if (depth !== null) reorgMargin.set({ chain }, depth - (deepestOf.get(chain) ?? 0))
  }
  for (const { chain, status, count, oldestAgeSeconds } of counted) {
    open.set({ chain, status }, count)
    oldest.set({ chain, status }, oldestAgeSeconds)
  }
}
