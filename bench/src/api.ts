import { randomUUID } from 'node:crypto'
import { type LoadResult, type LoadTarget, load } from './api/load'
import { type Servers, startServers } from './api/servers'

const WARM_UP_MS = 3_000
const ROUND_MS = 5_000
const ROUNDS = 3

/**
 * `POST /payments` (with an Idempotency-Key, as the SDK sends it; traces exported, telemetry on) beside a bare Express
 * handler with one raw insert, in turns on the same machine, at 32 connections.
 */
export async function run(): Promise<object> {
  const servers = await startServers()
  try {
    const payments = paymentsOf(servers)
    const bare = { origin: servers.bareUrl, path: '/rows', headers: () => JSON_TYPE, body: ORDER }
    await load(bare, WARM_UP_MS)
    await load(payments, WARM_UP_MS)
    const rounds: { bare: LoadResult; payments: LoadResult }[] = []
    for (let round = 0; round < ROUNDS; round++)
      rounds.push({ bare: await load(bare, ROUND_MS), payments: await load(payments, ROUND_MS) })
    return summarize(rounds)
  } finally {
    await servers.stop()
  }
}

const JSON_TYPE = { 'content-type': 'application/json' }
const ORDER = JSON.stringify({ chain: 'anvil', asset: 'USDC', amount: '1500000', metadata: { order: '1017' } })

function paymentsOf({ apiUrl, merchantKey }: Servers): LoadTarget {
  return {
    origin: apiUrl,
    path: '/api/v1/payments',
    headers: () => ({ ...JSON_TYPE, authorization: `Bearer ${merchantKey}`, 'idempotency-key': randomUUID() }),
    body: ORDER,
  }
}

function summarize(rounds: readonly { readonly bare: LoadResult; readonly payments: LoadResult }[]): object {
  const ratios = rounds.map(({ bare, payments }) => payments.requests_per_second / bare.requests_per_second)
  return { connections: 32, ratio: median(ratios), aim: 0.5, rounds }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 1000) / 1000
}
