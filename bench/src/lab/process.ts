import { readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100 // USER_HZ: fixed on Linux

/**
 * Seconds of processor time that a process has used. proc(5): utime and stime are the 14th and 15th field of stat, those of
 * children that have ended the 16th and 17th; the name before them may hold spaces.
 */
export function cpuSecondsOf(pid: number, withChildren = false): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  const ticks = fields.slice(11, withChildren ? 15 : 13).reduce((total, field) => total + Number(field), 0)
  const children = withChildren ? childrenOf(pid).reduce((total, child) => total + cpuSecondsOf(child), 0) : 0
  return ticks / TICKS_PER_SECOND + children
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

/** The most memory that a process ever had, in megabytes, as the kernel saw it (proc(5): VmHWM). */
export function peakMemoryMb(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kilobytes) / 1_024)
}
