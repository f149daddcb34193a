import type { StackDescriptor } from '@ctrip/local-stack/stack-descriptor'
import { cpuSecondsOf } from '../lab/process'
import { round } from '../lab/statistics'

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

/** CPU used between two readings, as a share of one core. */
export function sharesOf(before: Record<string, number>, after: Record<string, number>, seconds: number) {
  const shares = Object.entries(after).map(([name, used]) => [name, (used - (before[name] ?? 0)) / seconds] as const)
  return Object.fromEntries(shares.map(([name, share]) => [name, round(share, 2)]))
}

/** CPU used between two readings per payment, in milliseconds: by process, and in total. */
export function msPerPayment(before: Record<string, number>, after: Record<string, number>, payments: number) {
  const shares = sharesOf(before, after, payments / 1_000)
  const total = Object.values(shares).reduce((sum, ms) => sum + ms, 0)
  return { ...shares, total: round(total, 2) }
}
