import { readFileSync } from 'node:fs'
import type { World } from './world'

const SAMPLE_MS = 3_000

/** Watches the resident memory of every service process. `peaks` in megabytes, by service. */
export function watchMemory(world: World): { peaks(): Record<string, number>; stop(): void } {
  const peaks: Record<string, number> = {}
  const sample = () => {
    for (const [name, { replicas }] of Object.entries(world.stack.descriptor().services)) {
      for (const { pid } of replicas) peaks[name] = Math.max(peaks[name] ?? 0, residentMb(pid))
    }
  }
  const timer = setInterval(sample, SAMPLE_MS)
  return { peaks: () => ({ ...peaks }), stop: () => clearInterval(timer) }
}

/** VmRSS of proc(5); 0 for a process that has just been killed. */
function residentMb(pid: number): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Math.round(Number(kilobytes ?? 0) / 1_024)
  } catch {
    return 0
  }
}
