import { openApiLab } from './api/api-lab'
import { startBareServer } from './api/bare-server'
import { CONNECTIONS, type LoadResult, load } from './api/load'
import { median, round } from './lab/statistics'
import { startDrain, tracesTo } from './lab/trace-drain'

const WARM_UP_MS = 3_000
const ROUND_MS = 5_000
const ROUNDS = 3

/**
 * `POST /payments` (with an Idempotency-Key, as the SDK sends it; traces exported, telemetry on) beside a bare Express
 * handler with one raw insert, in turns on the same machine, at 32 connections.
 */
export async function run(): Promise<object> {
  const [lab, drain] = await Promise.all([openApiLab(), startDrain()])
  try {
    const api = await lab.startApi('api', tracesTo(drain.url))
    const bare = await startBareServer(lab)
    await load(bare.insert, WARM_UP_MS)
    await load(api.createPayment, WARM_UP_MS)
    const rounds: Round[] = []
    for (let round = 0; round < ROUNDS; round++)
      rounds.push({ bare: await load(bare.insert, ROUND_MS), payments: await load(api.createPayment, ROUND_MS) })
    await Promise.all([api.stop(), bare.stop()])
    return summarize(rounds)
  } finally {
    await Promise.all([lab.stop(), drain.stop()])
  }
}

interface Round {
  readonly bare: LoadResult
  readonly payments: LoadResult
}

function summarize(rounds: readonly Round[]): object {
  const ratios = rounds.map(({ bare, payments }) => payments.requests_per_second / bare.requests_per_second)
  return { connections: CONNECTIONS, ratio: round(median(ratios), 3), rounds }
}
