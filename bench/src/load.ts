import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePortBase } from '@ctrip/local-stack/ports'
import { startStack } from '@ctrip/local-stack/start-stack'
import { Pool } from 'undici'
import { startChain } from './load/chain'
import { makeCustomers } from './load/customers'
import { startLoadInbox } from './load/inbox'
import { type Level, runLevel } from './load/run-level'

const RATES = [10, 25, 50, 75, 100, 125, 150, 200]

/**
 * Processes payments from creation to the `confirmed` webhook, at rising rates until the gateway no longer
 * keeps up. On this one machine run the services (one of each), Postgres with fsync, NATS, the chain, the customers and
 * the merchant; the gateway's own share is in `cpu`.
 */
export async function run(): Promise<object> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'ctrip-bench-load-'))
  const chain = await startChain(dataFolder)
  const stack = await startStack({ dataFolder, portBase: await freePortBase(), foreign: chain.foreign })
  const inbox = await startLoadInbox()
  const { api: apiAt, merchant } = stack.descriptor()
  const api = new Pool(apiAt.url, { connections: 32 })
  const customers = await makeCustomers(chain)
  try {
    await subscribe(api, merchant.api_key, inbox.url)
    const levels: Level[] = []
    for (const rate of RATES) {
      const level = await runLevel(
        { api, merchantKey: merchant.api_key, customers, inbox, stack: stack.descriptor, chainPid: chain.pid },
        rate,
      )
      console.error(JSON.stringify(level))
      levels.push(level)
      if (!level.holds) break
    }
    return summarize(levels)
  } finally {
    await customers.stop()
    await api.close()
    await inbox.stop()
    await stack.stop()
    await chain.stop()
    rmSync(dataFolder, { recursive: true, force: true })
  }
}

async function subscribe(api: Pool, key: string, url: string): Promise<void> {
  const answer = await api.request({
    method: 'POST',
    path: '/api/v1/webhook-endpoints',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url, events: ['payment.*'] }),
  })
  await answer.body.dump()
  if (answer.statusCode !== 201) throw new Error(`POST /webhook-endpoints answered ${answer.statusCode}`)
}

function summarize(levels: readonly Level[]): object {
  const held = levels.filter(({ holds }) => holds)
  const sustained = Math.max(0, ...held.map((level) => level.payments_per_second_offered))
  const half = held.filter((level) => level.payments_per_second_offered <= sustained / 2).at(-1) ?? held[0]
  const last = levels.at(-1)
  const busiest = Object.entries(last?.cpu ?? {}).sort(([, a], [, b]) => b - a)
  return {
    payments_per_second: sustained,
    block_to_webhook_p95_ms_at_half_load: half?.latency_ms.block_to_confirmed?.p95 ?? null,
    cpu_ms_per_payment: held.at(-1)?.cpu_ms_per_payment['total'] ?? null,
    busiest_at_the_limit: Object.fromEntries(busiest.slice(0, 4)),
    levels,
  }
}
