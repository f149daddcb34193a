import { setTimeout as sleep } from 'node:timers/promises'
import type { ReplayServer } from './replay-server'
import type { Scanner } from './scanner-process'

const POLL_MS = 10
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
export async function measureScan(scanner: Scanner, replay: ReplayServer, blocks: number): Promise<ScanFigures> {
  await untilAt(scanner, replay.head)
  replay.calls.clear()
  const cpuBefore = await scanner.metric('process_cpu_seconds_total')
  const startedAt = performance.now()
  replay.head += blocks
  const peakBytes = await untilAt(scanner, replay.head)
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

/** Returns the most memory that it was seen to hold meanwhile. */
async function untilAt(scanner: Scanner, block: number): Promise<number> {
  const until = performance.now() + STALL_MS_MAX
  for (let peakBytes = 0; ; await sleep(POLL_MS)) {
    peakBytes = Math.max(peakBytes, await scanner.metric('process_resident_memory_bytes').catch(() => 0))
    if ((await scanner.metric('ctrip_scan_cursor_block').catch(() => -1)) >= block) return peakBytes
    if (performance.now() > until) throw new Error(`the scanner does not reach block ${block}`)
  }
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}
