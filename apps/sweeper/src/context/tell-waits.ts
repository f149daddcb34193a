import { commit } from '@ctrip/db/leases/fenced-commit'
import {
  deleteSweepWaits,
  type GasWalletShortage,
  readShortage,
  readSweepWaits,
  writeShortage,
  writeSweepWaits,
} from '@ctrip/db/sweeps/sweep-waits'
import { amount } from '@ctrip/domain/amount'
import type { SweepId } from '@ctrip/domain/ids'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Round } from './round'
import type { Memory } from './round-memory'

export type WaitReasons = ReadonlyMap<SweepId, WaitReason>

export interface Findings {
  /** Sweeps that were looked at in this round; of the others the last finding holds. */
  readonly looked: ReadonlySet<SweepId>
  readonly open: ReadonlySet<SweepId>
  readonly waits: WaitReasons
}

/**
 * Records why open sweeps are not signed, and what the gas wallet lacks for them: for the payments' timelines, `ctrip sweeper plan` and
 * the metrics. Written only when it changes, and logged once for each change of state, however many sweeps wait.
 */
export async function tellWaits(round: Round, findings: Findings, memory: Memory): Promise<void> {
  const { config, db } = round
  const known = await readSweepWaits(db.prisma, config.chainId)
  const now = standing(known, findings)
  const changed = new Map([...now].filter(([id, reason]) => known.get(id) !== reason))
  const over = [...known.keys()].filter((id) => !now.has(id))
  const before = await readShortage(db.prisma, config.chainId)
  const shortage = await shortageNow(round, now, findings, before)
  const isWritten = changed.size + over.length > 0 || shortage !== before
  if (isWritten) {
    await commit(round, 'sweep.waits', async (tx) => {
      await deleteSweepWaits(tx, over)
      await writeSweepWaits(tx, config.chainId, changed)
      await writeShortage(tx, config.chainId, shortage)
    })
  }
  log(round, now, shortage, memory)
}

function standing(known: WaitReasons, { looked, open, waits }: Findings): WaitReasons {
  const kept = [...known].filter(([id]) => open.has(id) && !looked.has(id))
  return new Map([...kept, ...[...waits].filter(([id]) => open.has(id))])
}

/** The shortage is known only if all sweeps that wait for it were looked at; a change of less than a tenth is not written. */
async function shortageNow(
  round: Round,
  now: WaitReasons,
  { looked, waits }: Findings,
  before: GasWalletShortage | null,
): Promise<GasWalletShortage | null> {
  const low = [...now].filter(([, reason]) => reason === 'gas_wallet_low').map(([id]) => id)
  if (low.length === 0) return null
  const isWhole = low.every((id) => looked.has(id) || waits.has(id))
  if (!isWhole && before !== null) return before
  const missing = (await round.gasBudget()).missing()
  if (missing === 0n) return before
  if (before !== null && isNear(before.missing, missing)) return before
  return { address: round.keys.gasWallet.address, missing: amount(missing) }
}

function isNear(a: bigint, b: bigint): boolean {
  const difference = a > b ? a - b : b - a
  return difference * 10n < a
}

function log(
  { config, log: logger }: Round,
  now: WaitReasons,
  shortage: GasWalletShortage | null,
  memory: Memory,
): void {
  const counts: Partial<Record<WaitReason, number>> = {}
  for (const reason of now.values()) counts[reason] = (counts[reason] ?? 0) + 1
  const state = Object.keys(counts).sort().join(' ')
  if (!memory.isNews('waits', state)) return
  if (state === '') return void logger.info({ chain: config.name }, 'sweep.nothing_waits')
  const lack = shortage === null ? {} : { gas_wallet: shortage.address, missing_wei: shortage.missing }
  logger.warn({ chain: config.name, sweeps: counts, ...lack }, 'sweep.waiting')
}
