import { randomUUID } from 'node:crypto'
import { load } from '../api/load'
import { startServers } from '../api/servers'
import { cpuSecondsOf } from '../load/cpu'
import { type Comparison, compare } from './compare'
import { telemetrySettings } from './settings'

const ROUNDS = 5
const WARM_UP_MS = 4_000
const ROUND_MS = 5_000
const ORDER = JSON.stringify({ chain: 'anvil', asset: 'USDC', amount: '1500000', metadata: { order: '1017' } })

/** CPU per `POST /payments` of two APIs on one database, under the same load in turns. */
export async function apiCost(drainUrl: string): Promise<Comparison> {
  const servers = await startServers()
  try {
    const settings = telemetrySettings(drainUrl)
    const apis = {
      on: await servers.startApi('api-on', settings.on),
      off: await servers.startApi('api-off', settings.off),
    }
    const cpuMsPerRequest = async (which: 'on' | 'off', durationMs: number) => {
      const before = cpuSecondsOf(apis[which].pid)
      const { requests } = await load(target(apis[which].url, servers.merchantKey), durationMs)
      return ((cpuSecondsOf(apis[which].pid) - before) * 1_000) / requests
    }
    await cpuMsPerRequest('on', WARM_UP_MS)
    await cpuMsPerRequest('off', WARM_UP_MS)
    const comparison = await compare(ROUNDS, (which) => cpuMsPerRequest(which, ROUND_MS))
    await Promise.all([apis.on.stop(), apis.off.stop()])
    return comparison
  } finally {
    await servers.stop()
  }
}

function target(origin: string, merchantKey: string) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${merchantKey}` }
  return {
    ...{ origin, path: '/api/v1/payments', body: ORDER },
    headers: () => ({ ...headers, 'idempotency-key': randomUUID() }),
  }
}
