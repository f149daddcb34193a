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
    open.reset()
    oldest.reset()
    overdue.reset()
    reorgMargin.reset()
    traceDebts.reset()
    if (keeper.current() !== null) await report()
    return 'idle'
  }

  async function report(): Promise<void> {
    for (const { name } of chains) {
      for (const status of OPEN) {
        open.set({ chain: name, status }, 0)
        oldest.set({ chain: name, status }, 0)
      }
    }
    for (const { chain, status, count, oldestAgeSeconds } of await countOpenPayments(db)) {
      open.set({ chain, status }, count)
      oldest.set({ chain, status }, oldestAgeSeconds)
    }
    const debts = await db.query('trace_debts.count', (prisma) => summarizeTraceDebts(prisma))
    for (const { name, chainId, confirmations, confirmationSloSeconds } of chains) {
      slo.set({ chain: name }, confirmationSloSeconds)
      overdue.set({ chain: name }, await countOverduePayments(db, name, confirmationSloSeconds))
      traceDebts.set({ chain: name }, debts.get(chainId)?.count ?? 0)
      const depth = smallestDepth(confirmations)
      const deepest = await db.query('reorgs.deepest', (prisma) => deepestRecentReorg(prisma, chainId))
      if (depth !== null) reorgMargin.set({ chain: name }, depth - deepest)
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
