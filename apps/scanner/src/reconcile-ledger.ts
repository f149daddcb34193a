import type { ChainConfig } from '@ctrip/chain/chain-config'
import { findDiscrepancies } from '@ctrip/chain/find-discrepancies'
import type { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { readLedgerPage } from '@ctrip/db/chains/reconciliation'
import type { Database } from '@ctrip/db/database/database'
import { keepLease } from '@ctrip/db/leases/lease-keeper'
import type { Address } from '@ctrip/domain/address'
import { type Discrepancy, keyOf } from '@ctrip/domain/reconcile'
import { workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'
import { gauge } from '@ctrip/telemetry/metrics'
import { claimsRound } from './reconcile-claims'

/** Whoever holds it reports, so that replicas neither ask nor tell twice. */
const RECONCILIATION_LEASE = 'reconciliation'
const INTERVAL_MS = 60_000
const ADDRESSES_PER_RUN = 50

const discrepancies = gauge({
  name: 'reconciliation_discrepancies',
  help: 'Balances that are not what the ledger says, and payments, events and deliveries that contradict their transfers, among all looked at so far.',
  labels: ['chain'],
})

const unreadable = gauge({
  name: 'reconciliation_unreadable',
  help: 'Balances that should be there and cannot be read, because their token does not answer, among all looked at so far.',
  labels: ['chain'],
})

export interface ReconcileOptions {
  readonly db: Database
  readonly chains: readonly { readonly config: ChainConfig; readonly pool: RpcPool }[]
  readonly owner: string
  readonly log: Logger
}

/** Holds the ledger against the chains, some addresses at a time and round and round: it costs the same however many there are. */
export function reconcileLedger({ db, chains, owner, log }: ReconcileOptions) {
  const keeper = keepLease(db, {
    name: RECONCILIATION_LEASE,
    owner,
    onError: (err) => log.warn({ err }, 'scanner.reconciliation_lease_failed'),
  })
  const claims = claimsRound(db, log)
  const counts = new Map(chains.map(({ config }) => [config.name, 0]))
  /** Claims whose chain is unknown, or is not configured any more, count under their own name: none is hidden. */
  const report = (): void => {
    const ofClaims = claims.counts()
    for (const chain of new Set([...counts.keys(), ...ofClaims.keys()]))
      discrepancies.set({ chain }, (counts.get(chain) ?? 0) + (ofClaims.get(chain) ?? 0))
  }
  const claimsLoop = workLoop({
    name: 'reconcile:claims',
    job: 'reconcile_claims',
    intervalMs: INTERVAL_MS,
    log,
    async run() {
      if (keeper.current() === null) {
        claims.forget()
        return 'idle'
      }
      const isDone = await claims.next()
      report()
      return isDone ? 'idle' : 'more'
    },
  })
  const loops = chains.map(({ config, pool }) => {
    const round = reconcileRound(db, config, pool, log, (count) => {
      counts.set(config.name, count)
      report()
    })
    return workLoop({
      name: `reconcile:${config.name}`,
      job: 'reconcile_ledger',
      intervalMs: INTERVAL_MS,
      log,
      async run(signal) {
        if (keeper.current() === null) round.forget()
        else await round.next(signal)
        return 'idle'
      },
    })
  })
  return {
    async start(): Promise<void> {
      await keeper.start()
      for (const loop of [...loops, claimsLoop]) loop.start()
    },
    async stop(): Promise<void> {
      await Promise.all([...loops, claimsLoop].map((loop) => loop.stop()))
      await keeper.stop()
    },
  }
}

function reconcileRound(
  db: Database,
  config: ChainConfig,
  pool: RpcPool,
  log: Logger,
  onCount: (discrepancies: number) => void,
) {
  const labels = { chain: config.name }
  const wrong = new Map<string, Discrepancy>()
  let after: Address | null = null

  async function next(signal: AbortSignal): Promise<void> {
    const page = await db.query('reconciliation.page', (prisma) =>
      readLedgerPage(prisma, config.chainId, after, ADDRESSES_PER_RUN),
    )
    if (page === null) return
    const found = await findDiscrepancies(pool, config, page, signal)
    const judged = new Set(page.addresses)
    for (const [key, { address }] of wrong) if (judged.has(address)) wrong.delete(key)
    for (const discrepancy of found) {
      wrong.set(keyOf(discrepancy), discrepancy)
      const fields = { ...labels, block: page.block, ...inLog(discrepancy) }
      if (discrepancy.kind === 'unreadable') log.warn(fields, 'ledger.unreadable')
      else log.error(fields, 'ledger.discrepancy')
    }
    const unread = [...wrong.values()].filter(({ kind }) => kind === 'unreadable').length
    onCount(wrong.size - unread)
    unreadable.set(labels, unread)
    after = page.last
  }

  return {
    next,
    /** Another replica reports: what this one found, and where it stood, is no longer of use. */
    forget(): void {
      wrong.clear()
      after = null
      discrepancies.reset()
      unreadable.reset()
    },
  }
}

function inLog({ address, contract, kind, expected, actual }: Discrepancy): object {
  return { address, contract, kind, expected: expected.toString(), actual: actual?.toString() ?? null }
}
