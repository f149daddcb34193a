import { setTimeout as sleep } from 'node:timers/promises'
import type { ScanLab } from './scan-lab'

const POLL_MS = 10
/** Rarely: to render its metrics costs the scanner time, too. */
const MEMORY_EVERY_POLLS = 50
const STALL_MS_MAX = 120_000

export interface ScanFigures {
  readonly blocks: number
  readonly blocks_per_second: number
  readonly ms_per_block: number
  readonly cpu_ms_per_block: number
  readonly rpc_calls_per_block: number
  readonly peak_memory_mb: number
}

/** Lets the chain grow by this many blocks at once, and watches how the scanner takes them. */
export async function measureScan(lab: ScanLab, blocks: number): Promise<ScanFigures> {
  const { scanner, replay } = lab
  await untilAt(lab, replay.head)
  replay.calls.clear()
  const cpuBefore = await scanner.metric('process_cpu_seconds_total')
  const startedAt = performance.now()
  replay.head += blocks
  const peakBytes = await untilAt(lab, replay.head)
  const ms = performance.now() - startedAt
  const cpuMs = ((await scanner.metric('process_cpu_seconds_total')) - cpuBefore) * 1000
  const calls = [...replay.calls.values()].reduce((sum, count) => sum + count, 0)
  return {
    blocks,
    blocks_per_second: round(blocks / (ms / 1000)),
    ms_per_block: round(ms / blocks),
    cpu_ms_per_block: round(cpuMs / blocks),
    rpc_calls_per_block: round(calls / blocks),
    peak_memory_mb: Math.round(peakBytes / 2 ** 20),
  }
}

/** Returns the most memory that the scanner was seen to hold meanwhile. */
async function untilAt({ scanner, cursor }: ScanLab, block: number): Promise<number> {
  const until = performance.now() + STALL_MS_MAX
  let peakBytes = 0
  for (let poll = 0; ; poll++) {
    if (poll % MEMORY_EVERY_POLLS === 0)
      peakBytes = Math.max(peakBytes, await scanner.metric('process_resident_memory_bytes').catch(() => 0))
    if ((await cursor()) >= block) return peakBytes
    if (performance.now() > until) throw new Error(`the scanner does not reach block ${block}`)
    await sleep(POLL_MS)
  }
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}
