import { setTimeout as sleep } from 'node:timers/promises'
import { type Audit, auditWorld } from './audit'
import { type Fault, type Recovery, runFaults } from './faults'
import { judgeTrace, type Span } from './judge-trace'
import { watchMemory } from './memory'
import type { ChaosOptions } from './options'
import { ownAudit } from './own-audit'
import { runMoods } from './provider-moods'
import { seededRandom } from './random'
import { runTraffic } from './traffic'
import type { Violation } from './violation'
import { makeWorld, type World } from './world'

const QUIET_MS_MAX = 600_000 // on a busy machine three minutes of faults take as long to settle
const QUIET_PAUSE_MS = 5_000
/** The audit must pass twice with this pause, because duplicates may still arrive and payments may still expire. */
const AFTERWARDS_MS = 10_000
/** The memory limits of docker-compose.yml and deploy/k8s, where a process that exceeds them is killed. */
const MEMORY_MB_MAX: Readonly<Record<string, number>> = {
  api: 512,
  scanner: 1_024,
  sweeper: 512,
  'webhook-dispatcher': 512,
  signer: 256,
}
const TRACES_MAX = 200

interface RecoveryTimes {
  readonly count: number
  /** Null if at least one recovery took too long. */
  readonly recovered_ms: { readonly p50: number; readonly max: number } | null
}

export interface Report {
  readonly seed: string
  readonly minutes: number
  readonly payments: number
  readonly transfers: number
  readonly deliveries: number
  readonly statuses: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, RecoveryTimes>>
  readonly quiet_seconds: number
  readonly peak_memory_mb: Readonly<Record<string, number>>
  readonly traces: number
  readonly violations: readonly Violation[]
}

/** Runs traffic and faults for some minutes, then waits until the system is quiet, then judges it. */
export async function runChaos(options: ChaosOptions, log: (line: string) => void): Promise<Report> {
  const random = seededRandom(options.seed)
  const world = await makeWorld(options, random, log)
  const memory = watchMemory(world)
  try {
    log(`${world.folder}: seed ${options.seed}, ${options.minutes} minutes, ${options.rate} payments/s`)
    const recoveries = await makeTrouble(world, options, log)
    const quietFrom = Date.now()
    const audit = await untilQuiet(world, log)
    const traces = await auditTraces(world, recoveries)
    const own = await ownAudit(world)
    const violations = [
      ...audit.violations,
      ...traces.violations,
      ...own,
      ...judgeRecoveries(recoveries),
      ...judgeMemory(memory.peaks()),
    ]
    return {
      seed: options.seed,
      minutes: options.minutes,
      ...audit,
      faults: summarize(recoveries),
      quiet_seconds: Math.round((Date.now() - quietFrom) / 1_000),
      peak_memory_mb: memory.peaks(),
      traces: traces.count,
      violations,
    }
  } finally {
    memory.stop()
    await world.stop()
  }
}

async function makeTrouble(world: World, options: ChaosOptions, log: (line: string) => void): Promise<Recovery[]> {
  const random = seededRandom(`${options.seed}/trouble`)
  const until = Date.now() + options.minutes * 60_000
  const recoveries: Recovery[] = []
  const onFault = (recovery: Recovery) => {
    recoveries.push(recovery)
    log(`${recovery.fault} ${recovery.detail}: recovered after ${recovery.recoveredMs ?? 'too many'} ms`)
  }
  const { api, merchants, main, side } = world
  const traffic = {
    api,
    merchants,
    main,
    side,
    random: random.fork('traffic'),
    onOrdered: (one: World['ordered'][number]) => void world.ordered.push(one),
  }
  await Promise.all([
    runTraffic(traffic, options.rate, until),
    runFaults(world, { ...traffic, random: random.fork('probes') }, random.fork('faults'), until, onFault),
    runMoods(world.proxies.main, random.fork('main'), until),
    runMoods(world.proxies.side, random.fork('side'), until),
  ])
  return recoveries
}

/** Waits until two audits in a row find nothing. When the time is over, the last findings count. */
async function untilQuiet(world: World, log: (line: string) => void): Promise<Audit> {
  const deadline = Date.now() + QUIET_MS_MAX
  let wasQuiet = false
  for (;;) {
    const audit = await auditWorld(world)
    const rules = new Set(audit.violations.map(({ rule }) => rule))
    log(`quiet: ${audit.payments} payments, ${audit.violations.length} open points: ${[...rules].join(', ')}`)
    const isQuiet = audit.violations.length === 0
    if ((isQuiet && wasQuiet) || Date.now() > deadline) return audit
    wasQuiet = isQuiet
    await sleep(isQuiet ? AFTERWARDS_MS : QUIET_PAUSE_MS)
  }
}

/** The traces of the newest payments, because the sink forgets the oldest. */
async function auditTraces(world: World, recoveries: readonly Recovery[]) {
  const lastCrash = Math.max(0, ...recoveries.map(({ startedAt }) => startedAt))
  const { query_url } = world.stack.descriptor().traces
  const violations: Violation[] = []
  const some = world.ordered.slice(-TRACES_MAX)
  for (const { payment } of some) {
    const response = await fetch(`${query_url}/${payment.trace_id}`)
    const { spans } = (await response.json()) as { spans: Span[] }
    violations.push(...judgeTrace(payment.id, spans, Date.parse(payment.created_at) < lastCrash))
  }
  return { violations, count: some.length }
}

function judgeRecoveries(recoveries: readonly Recovery[]): Violation[] {
  const failed = recoveries.filter(({ recoveredMs }) => recoveredMs === null)
  return failed.map(({ fault, detail }) => ({ rule: 'every service comes back', subject: fault, detail }))
}

function judgeMemory(peaks: Readonly<Record<string, number>>): Violation[] {
  return Object.entries(peaks).flatMap(([subject, mb]) => {
    const max = MEMORY_MB_MAX[subject] ?? 0
    return mb > max ? [{ rule: 'no process outgrows its limit', subject, detail: `${mb} of ${max} MB` }] : []
  })
}

function summarize(recoveries: readonly Recovery[]): Report['faults'] {
  const byFault = Map.groupBy(recoveries, ({ fault }): Fault => fault)
  return Object.fromEntries(
    [...byFault].map(([fault, some]) => {
      const times = some.map(({ recoveredMs }) => recoveredMs ?? Infinity).sort((a, b) => a - b)
      const [p50 = Infinity, max = Infinity] = [times[Math.floor(times.length / 2)], times.at(-1)]
      return [fault, { count: some.length, recovered_ms: max === Infinity ? null : { p50, max } }]
    }),
  )
}
