import { z } from 'zod'
import { type Finding, failed, passed, type Subject } from './finding'

const TIMEOUT_MS = 5_000
const readinessSchema = z.looseObject({
  checks: z.array(z.looseObject({ name: z.string(), status: z.string(), error: z.string().nullish() })).optional(),
})

const livenessSchema = z.looseObject({
  workers: z.array(z.looseObject({ worker: z.string(), silent_seconds: z.number() })),
})

/** Each service's own word on whether it is ready and its work loops beat, and why not. */
export async function checkServices({ services }: Subject): Promise<Finding[]> {
  return Promise.all(services.map(({ name, opsUrl }) => checkService(name, opsUrl)))
}

async function checkService(name: string, opsUrl: string): Promise<Finding> {
  try {
    const { workers } = livenessSchema.parse(await (await ask(`${opsUrl}/livez`)).json())
    const silent = workers.map(({ worker, silent_seconds }) => `${worker} (silent for ${silent_seconds} s)`)
    if (silent.length > 0)
      return failed(name, `hangs: ${silent.join(', ')}`, 'restart it; see docs/runbooks/WorkerStalled.md')
    const response = await ask(`${opsUrl}/readyz`)
    if (response.ok) return passed(name, 'ready, and its work loops beat')
    const { checks = [] } = readinessSchema.parse(await response.json())
    const down = checks
      .filter(({ status }) => status !== 'up')
      .map(({ name: dependency, error }) => `${dependency} (${error ?? 'unknown'})`)
    return failed(name, `not ready: ${down.join(', ')}`, 'mend the dependency that it names; it recovers by itself')
  } catch {
    return failed(name, `does not answer at ${opsUrl}`, 'look at its log; it says on its last line why it stopped')
  }
}

async function ask(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
}
