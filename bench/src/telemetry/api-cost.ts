import { openApiLab } from '../api/api-lab'
import { load } from '../api/load'
import { cpuSecondsOf } from '../lab/process'
import { type Comparison, compare } from './compare'
import { telemetrySettings } from './settings'

const ROUNDS = 5
const WARM_UP_MS = 4_000
const ROUND_MS = 5_000

/** CPU per `POST /payments` of two APIs on one database, under the same load in turns. */
export async function apiCost(drainUrl: string): Promise<Comparison> {
  const lab = await openApiLab()
  try {
    const settings = telemetrySettings(drainUrl)
    const apis = {
      on: await lab.startApi('api-on', settings.on),
      off: await lab.startApi('api-off', settings.off),
    }
    const cpuMsPerRequest = async (which: 'on' | 'off', durationMs: number) => {
      const { createPayment, pid } = apis[which]
      const before = cpuSecondsOf(pid)
      const { requests } = await load(createPayment, durationMs)
      return ((cpuSecondsOf(pid) - before) * 1_000) / requests
    }
    await cpuMsPerRequest('on', WARM_UP_MS)
    await cpuMsPerRequest('off', WARM_UP_MS)
    const comparison = await compare(ROUNDS, (which) => cpuMsPerRequest(which, ROUND_MS))
    await Promise.all([apis.on.stop(), apis.off.stop()])
    return comparison
  } finally {
    await lab.stop()
  }
}
