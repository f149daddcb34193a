import { readFileSync } from 'node:fs'
import type { StackDescriptor } from '@ctrip/local-stack/stack-descriptor'

const TICKS_PER_SECOND = 100 // USER_HZ: fixed on Linux

/** Seconds of processor time that each process has used so far, by name. Postgres counts with its children. */
export function cpuSeconds(stack: StackDescriptor, chainPid: number): Record<string, number> {
  const pids: Record<string, number | null> = {
    ...Object.fromEntries(Object.entries(stack.services).map(([name, { pid }]) => [name, pid])),
    postgres: stack.postgres.pid,
    nats: stack.nats.pid,
    anvil: chainPid,
    'load generator': process.pid,
  }
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [name, pid === null ? 0 : cpuSecondsOf(pid, name === 'postgres')]),
  )
}

/** What was used between two readings, as a share of one core. */
export function sharesOf(before: Record<string, number>, after: Record<string, number>, seconds: number) {
  const shares = Object.entries(after).map(([name, used]) => [name, (used - (before[name] ?? 0)) / seconds] as const)
  return Object.fromEntries(shares.map(([name, share]) => [name, Math.round(share * 100) / 100]))
}

/** What was used between two readings for each of so many payments, in milliseconds: by process, and in all. */
export function msPerPayment(before: Record<string, number>, after: Record<string, number>, payments: number) {
  const shares = sharesOf(before, after, payments / 1_000)
  const total = Object.values(shares).reduce((sum, ms) => sum + ms, 0)
  return { ...shares, total: Math.round(total * 100) / 100 }
}

/**
 * Seconds of processor time that a process has used. proc(5): utime and stime are the 14th and 15th field of stat, those of children that have ended the 16th and 17th; the
 * name before them may hold spaces.
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
