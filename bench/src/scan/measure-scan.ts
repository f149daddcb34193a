import { setTimeout as sleep } from 'node:timers/promises'
import { round } from '../lab/statistics'
import type { ScanLab } from './scan-lab'

const POLL_MS = 10
/** Rarely, because rendering metrics costs the scanner time. */
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

/**
 * Lets the chain grow by this many blocks at once, and measures how the scanner processes them. The time starts at the first
 * block, because the delay before it depends on polling only.
 */
export async function measureScan(lab: ScanLab, blocks: number): Promise<ScanFigures> {
  const { scanner, replay } = lab
  const before = replay.head
  await untilAt(lab, before)
  replay.calls.clear()
  const cpuBefore = await scanner.metric('process_cpu_seconds_total')
  replay.head += blocks
  const first = await untilAt(lab, before + 1)
  const last = await untilAt(lab, replay.head)
  const ms = ((last.at - first.at) / (last.cursor - first.cursor)) * blocks
  const cpuMs = ((await scanner.metric('process_cpu_seconds_total')) - cpuBefore) * 1000
  const calls = [...replay.calls.values()].reduce((sum, count) => sum + count, 0)
  return {
    blocks,
    blocks_per_second: round(blocks / (ms / 1000), 2),
    ms_per_block: round(ms / blocks, 2),
    cpu_ms_per_block: round(cpuMs / blocks, 2),
    rpc_calls_per_block: round(calls / blocks, 2),
    peak_memory_mb: Math.round(Math.max(first.peakBytes, last.peakBytes) / 2 ** 20),
  }
}

export interface Reached {
  readonly cursor: number
  readonly at: number
  /** The scanner's peak memory during the measurement. */
  readonly peakBytes: number
}

/** Waits until the scanner has committed a block. Fails if it makes no progress for a long time. */
export async function untilAt({ scanner, cursor }: ScanLab, block: number): Promise<Reached> {
  let peakBytes = 0
  let moved = { cursor: -1, at: performance.now() }
  for (let poll = 0; ; poll++) {
    if (poll % MEMORY_EVERY_POLLS === MEMORY_EVERY_POLLS - 1)
      peakBytes = Math.max(peakBytes, await scanner.metric('process_resident_memory_bytes').catch(() => 0))
    const now = { cursor: await cursor(), at: performance.now() }
    if (now.cursor >= block) return { ...now, peakBytes }
    if (now.cursor > moved.cursor) moved = now
    if (now.at > moved.at + STALL_MS_MAX) throw new Error(`the scanner does not reach block ${block}`)
    await sleep(POLL_MS)
  }
}
