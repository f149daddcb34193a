import { setTimeout as sleep } from 'node:timers/promises'
import type { StackDescriptor } from '@ctrip/local-stack/stack-descriptor'
import type { Pool } from 'undici'
import { percentile, round } from '../lab/statistics'
import { cpuSeconds, msPerPayment, sharesOf } from './cpu'
import type { Customers } from './customers'
import type { LoadInbox } from './inbox'
import { longestWaits, readWaits } from './waits'

const SECONDS = 20
const DRAIN_MS_MAX = 60_000
const TRACES = 40
const CONFIRMATIONS = 3

export interface LoadDeps {
  readonly api: Pool
  readonly merchantKey: string
  readonly customers: Customers
  readonly inbox: LoadInbox
  readonly stack: () => StackDescriptor
  readonly chainPid: number
}

export interface Level {
  readonly payments_per_second_offered: number
  readonly payments_per_second_confirmed: number
  readonly not_confirmed: number
  /** Milliseconds: p50, p95, p99. */
  readonly latency_ms: Readonly<Record<'creation' | 'block_to_detected' | 'block_to_confirmed', Percentiles | null>>
  /** Durations by kind of span, from the traces of some payments. */
  readonly spans_p95_ms: Readonly<Record<string, number>>
  /** The scanner's time by activity. */
  readonly scanner_waits: Readonly<Record<string, { readonly count: number; readonly mean_ms: number }>>
  /** Of one core, while the payments came. */
  readonly cpu: Readonly<Record<string, number>>
  /** Until the last one was confirmed, each process' own and `total`. */
  readonly cpu_ms_per_payment: Readonly<Record<string, number>>
  readonly holds: boolean
}

interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

interface Order {
  readonly id: string
  readonly traceId: string
  readonly creationMs: number
}

/** Creates payments at a steady rate, independent of earlier ones: an open system, like real merchants. */
export async function runLevel(deps: LoadDeps, rate: number): Promise<Level> {
  const cpuBefore = cpuSeconds(deps.stack(), deps.chainPid)
  const waitsBefore = await readWaits(deps.stack())
  const startedAt = performance.now()
  const orders: Promise<Order>[] = []
  for (let n = 0; n < rate * SECONDS; n++) {
    await sleep(Math.max(0, startedAt + (n * 1_000) / rate - performance.now()))
    orders.push(order(deps, n))
  }
  const placed = await Promise.all(orders)
  const cpu = sharesOf(cpuBefore, cpuSeconds(deps.stack(), deps.chainPid), (performance.now() - startedAt) / 1_000)
  await drain(deps, placed)
  const spent = msPerPayment(cpuBefore, cpuSeconds(deps.stack(), deps.chainPid), placed.length)
  const waits = longestWaits(waitsBefore, await readWaits(deps.stack()))
  return judge(deps, rate, placed, { cpu, cpu_ms_per_payment: spent, scanner_waits: waits })
}

async function order({ api, merchantKey, customers }: LoadDeps, n: number): Promise<Order> {
  const inCoin = n % 2 === 0
  const amount = inCoin ? 10n ** 15n : 1_000_000n
  const from = performance.now()
  const answer = await api.request({
    method: 'POST',
    path: '/api/v1/payments',
    headers: { authorization: `Bearer ${merchantKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ chain: 'anvil', asset: inCoin ? 'ETH' : 'USDC', amount: amount.toString() }),
  })
  const payment = (await answer.body.json()) as { id: string; address: string; trace_id: string }
  if (answer.statusCode !== 201) throw new Error(`POST /payments answered ${answer.statusCode}`)
  const creationMs = performance.now() - from
  await customers.pay(payment.address, amount, inCoin)
  return { id: payment.id, traceId: payment.trace_id, creationMs }
}

async function drain({ inbox }: LoadDeps, orders: readonly Order[]): Promise<void> {
  const deadline = performance.now() + DRAIN_MS_MAX
  while (performance.now() < deadline) {
    if (orders.every(({ id }) => inbox.told(id, 'payment.confirmed') !== undefined)) return
    await sleep(200)
  }
}

async function judge(
  deps: LoadDeps,
  rate: number,
  orders: readonly Order[],
  usage: Pick<Level, 'cpu' | 'cpu_ms_per_payment' | 'scanner_waits'>,
): Promise<Level> {
  const times = orders.flatMap(({ id }) => deps.inbox.told(id, 'payment.confirmed')?.at ?? []).sort((a, b) => a - b)
  // Confirmations come block by block, so those of the first and the last block are left out.
  const seconds = Math.max(1, ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1_000)
  const confirmedPerSecond = round(times.length / seconds, 1)
  const confirmed = percentiles(delays(deps, orders, 'payment.confirmed', CONFIRMATIONS - 1))
  return {
    payments_per_second_offered: rate,
    payments_per_second_confirmed: confirmedPerSecond,
    not_confirmed: orders.length - times.length,
    latency_ms: {
      creation: percentiles(orders.map(({ creationMs }) => creationMs)),
      block_to_detected: percentiles(delays(deps, orders, 'payment.detected', 0)),
      block_to_confirmed: confirmed,
    },
    spans_p95_ms: await spansOf(deps, orders),
    ...usage,
    holds: times.length === orders.length && confirmedPerSecond >= rate * 0.9 && (confirmed?.p95 ?? Infinity) < 5_000,
  }
}

/** From the block that caused the event to its webhook. */
function delays({ inbox, customers }: LoadDeps, orders: readonly Order[], type: string, blocksLater: number): number[] {
  return orders.flatMap(({ id }) => {
    const told = inbox.told(id, type)
    if (told === undefined || told.blockNumber === null) return []
    const minedAt = customers.blockAt(told.blockNumber + blocksLater)
    return minedAt === undefined ? [] : [told.at - minedAt]
  })
}

async function spansOf({ stack }: LoadDeps, orders: readonly Order[]): Promise<Record<string, number>> {
  const durations = new Map<string, number[]>()
  for (const { traceId } of orders.slice(-TRACES)) {
    const response = await fetch(`${stack().traces.query_url}/${traceId}`)
    const { spans } = (await response.json()) as {
      spans: { name: string; service: string; start: string; end: string }[]
    }
    for (const { name, service, start, end } of spans) {
      if (name === 'payment lifecycle') continue
      const key = `${service.replace('ctrip-', '')}: ${name}`
      durations.set(key, [...(durations.get(key) ?? []), Date.parse(end) - Date.parse(start)])
    }
  }
  const slowest = [...durations].map(([key, some]) => [key, percentiles(some)?.p95 ?? 0] as const)
  return Object.fromEntries(slowest.sort(([, a], [, b]) => b - a).slice(0, 12))
}

function percentiles(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null
  const at = (share: number) => round(percentile(values, share), 1)
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}
