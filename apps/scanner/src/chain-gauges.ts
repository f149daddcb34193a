import type { ChainConfig } from '@ctrip/chain/chain-config'
import { readChainFacts } from '@ctrip/db/chains/chain-observations'
import type { Database } from '@ctrip/db/database/database'
import { type ChainFacts, type ChainStanding, chainStanding, type Stall } from '@ctrip/domain/chain-standing'
import { workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'
import { type GaugeMetric, gauge } from '@ctrip/telemetry/metrics'

const INTERVAL_MS = 5_000
/** A fact older than this is no measurement of now: its gauges are absent. */
const FRESH_MS = 30_000

interface Reading {
  readonly chain: string
  readonly facts: ChainFacts
  readonly standing: ChainStanding
}

let readings: { readonly all: readonly Reading[]; readonly atMs: number } | null = null

measured('scan_cursor_block', 'The newest block committed with everything in it.', ({ facts }) => facts.cursor?.number)
measured('scan_lag_blocks', 'Blocks known to exist and not committed yet.', ({ standing }) => standing.lagBlocks)
measured(
  'scan_lag_seconds',
  'How much older the newest committed block is than the newest known.',
  ({ standing }) => standing.lagSeconds,
)
measured('chain_halted', 'Whether the chain is halted until an operator resumes it: 1 or 0.', ({ facts }) =>
  facts.haltedReason === null ? 0 : 1,
)
measured('chain_stalled', 'Whether the chain cannot be read, as GET /chains says: 1 or 0.', ({ standing }) =>
  standing.stalled === null ? 0 : 1,
)
// Times keep: their age says all.
measured(
  'chain_head_read_timestamp_seconds',
  "When the providers last told the chain's head, as Unix time: the age of the lag.",
  ({ facts }) => seconds(facts.observation?.head?.readAt),
  Number.POSITIVE_INFINITY,
)
measured(
  'scan_last_success_timestamp_seconds',
  'When a scan cycle last reached the head or came closer to it; before the first, since when that is tried. As Unix time.',
  ({ standing }) => seconds(standing.lastSuccess),
  Number.POSITIVE_INFINITY,
)

function measured(
  name: string,
  help: string,
  read: (reading: Reading) => number | null | undefined,
  freshMs = FRESH_MS,
): void {
  gauge({
    name,
    help,
    labels: ['chain'],
    collect(self: GaugeMetric<'chain'>) {
      self.reset()
      if (readings === null || performance.now() - readings.atMs > freshMs) return
      for (const reading of readings.all) {
        const value = read(reading)
        if (value != null) self.set({ chain: reading.chain }, value)
      }
    },
  })
}

function seconds(at: Date | null | undefined): number | null {
  return at == null ? null : at.getTime() / 1000
}

export interface ChainGaugesOptions {
  readonly db: Database
  readonly chains: readonly ChainConfig[]
  readonly log: Logger
}

/**
 * Reports where each chain stands, from the database: every replica reports the same, so that no gauge is gone while the
 * writer's lease changes hands, and a restart begins with what was known before. Logs when a chain stalls and when it moves again.
 */
export function chainGauges({ db, chains, log }: ChainGaugesOptions) {
  const stalls = new Map<string, Stall>()
  const chainIds = chains.map(({ chainId }) => chainId)

  async function run(): Promise<'idle'> {
    const facts = await db.query('chain_observations.read_all', (prisma) => readChainFacts(prisma, chainIds))
    const all = chains.flatMap(({ name: chain, chainId }): Reading[] => {
      const found = facts.get(chainId)
      return found === undefined ? [] : [{ chain, facts: found, standing: chainStanding(found) }]
    })
    readings = { all, atMs: performance.now() }
    for (const reading of all) tellChange(reading)
    return 'idle'
  }

  function tellChange({ chain, facts, standing: { stalled } }: Reading): void {
    const before = stalls.get(chain)
    const failures = facts.observation?.failure?.count ?? 0
    if (stalled !== null && (before === undefined || !sameCause(before, stalled))) {
      const { since, reason, providers } = stalled
      log.error({ chain, since, reason, providers, cursor: facts.cursor?.number, failures }, 'scanner.chain_stalled')
    } else if (stalled === null && before !== undefined) {
      log.info({ chain, since: before.since, reason: before.reason }, 'scanner.chain_moves_again')
    }
    if (stalled === null) stalls.delete(chain)
    else stalls.set(chain, stalled)
  }

  return workLoop({ name: 'chain_gauges', intervalMs: INTERVAL_MS, log, run })
}

/** Counts and blocks in a reason change from try to try. */
function sameCause(one: Stall, other: Stall): boolean {
  const words = ({ reason }: Stall) => reason.replace(/\d+/g, '#')
  return words(one) === words(other)
}
