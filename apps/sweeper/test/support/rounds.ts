import { createLogger } from '@ctrip/telemetry/logger'
import type { ChainAccess } from '../../src/chain/chain-access'
import { Memory } from '../../src/context/round-memory'
import type { SweepContext } from '../../src/context/sweep-context'
import { sweepRound } from '../../src/sweep-round'
import { followChain } from './follow-chain'
import type { Ledger } from './ledger'
import type { LocalChain } from './local-chain'
import { contextOf } from './sweeping'

const GWEI = 10n ** 9n
const HOUR_MS = 3_600_000

/** A sweeper whose rounds, blocks and clock a test moves one by one. */
export interface SteppedSweeper {
  /** Its log lines of level warning or above, in order. */
  readonly warnings: Record<string, unknown>[]
  /** One round; `hoursAhead` by its clock, so that what is signed is overdue. */
  round(hoursAhead?: number): Promise<void>
  /** A block with this base fee, seen by the scanner. */
  block(baseFeeGwei?: number): Promise<void>
  /** As after a restart: it remembers nothing, and may be configured otherwise. */
  restart(changes?: Partial<SweepContext>): void
  attempts(): Promise<SignedAttempt[]>
  /** Why open sweeps wait. */
  waits(): Promise<string[]>
}

interface SignedAttempt {
  readonly cap: bigint
  readonly tip: bigint
  readonly cancels: boolean
}

/** `changes`: to what the chain answers. */
export function steppedSweeper(
  ledger: Ledger,
  local: LocalChain,
  changes: (chain: ChainAccess) => Partial<ChainAccess> = () => ({}),
): SteppedSweeper {
  const warnings: Record<string, unknown>[] = []
  const plain = contextOf(ledger, local)
  const log = createLogger({ service: 'test', level: 'warn' }, { write: (line) => void warnings.push(parse(line)) })
  let context: SweepContext = { ...plain, log, chain: { ...plain.chain, ...changes(plain.chain) } }
  let memory = new Memory()
  return {
    warnings,
    async round(hoursAhead = 0) {
      const now = () => new Date(Date.now() + hoursAhead * HOUR_MS)
      await sweepRound({ ...context, now, lease: await ledger.lease() }, memory)
    },
    async block(baseFeeGwei) {
      if (baseFeeGwei !== undefined) {
        const wei = BigInt(Math.round(baseFeeGwei * 1_000)) * (GWEI / 1_000n)
        await local.rpc('anvil_setNextBlockBaseFeePerGas', [`0x${wei.toString(16)}`])
      }
      await local.mine()
      await followChain(ledger.db, local.chain, local)
    },
    restart(other = {}) {
      memory = new Memory()
      context = { ...context, ...other }
    },
    async attempts() {
      const rows = await ledger.db.prisma.sweep_attempts.findMany({ orderBy: { signed_at: 'asc' } })
      return rows.map(({ max_fee_per_gas: cap, max_priority_fee_per_gas: tip, cancels }) => ({
        cap: BigInt(cap.toFixed(0)),
        tip: BigInt(tip.toFixed(0)),
        cancels,
      }))
    },
    async waits() {
      return (await ledger.db.prisma.sweep_waits.findMany()).map(({ reason }) => reason)
    },
  }
}

function parse(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>
}
