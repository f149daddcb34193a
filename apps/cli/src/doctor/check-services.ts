import { codeOf, isError, messageOf } from '@ctrip/telemetry/errors'
import { z } from 'zod'
import { type Finding, failed, passed, type Subject } from './finding'
import type { OpsAddress } from './ops-address'

const TIMEOUT_MS = 5_000

const livenessSchema = z.looseObject({
  workers: z.array(z.looseObject({ worker: z.string(), silent_seconds: z.number() })),
})
const readinessSchema = z.looseObject({
  status: z.enum(['ready', 'not_ready']),
  phase: z.string(),
  checks: z.array(z.looseObject({ name: z.string(), status: z.string(), error: z.string().nullish() })),
})

/** Each service's own word on whether it is ready and its work loops beat, and why not. */
export async function checkServices({ services }: Subject): Promise<Finding[]> {
  if (services.length === 0)
    return [passed('services', 'not asked: name their ops ports with --ops-url NAME=URL, or in CTRIP_OPS_URLS')]
  return Promise.all(services.map(checkService))
}

async function checkService({ name, opsUrl }: OpsAddress): Promise<Finding> {
  try {
    const { workers } = await ask(`${opsUrl}/livez`, livenessSchema)
    const silent = workers.map(({ worker, silent_seconds }) => `${worker} (silent for ${silent_seconds} s)`)
    if (silent.length > 0)
      return failed(name, `hangs: ${silent.join(', ')}`, 'restart it; see docs/runbooks/WorkerStalled.md')
    const { status, phase, checks } = await ask(`${opsUrl}/readyz`, readinessSchema)
    if (status === 'ready') return passed(name, 'ready, and its work loops beat')
    const down = checks
      .filter((check) => check.status !== 'up')
      .map(({ name: dependency, error }) => `${dependency} (${error ?? 'unknown'})`)
    const why = down.length > 0 ? down.join(', ') : phase
    return failed(name, `not ready: ${why}`, 'mend the dependency that it names; it recovers by itself')
  } catch (error) {
    return unasked(name, opsUrl, error)
  }
}

function unasked(name: string, opsUrl: string, error: unknown): Finding {
  if (error instanceof NoOpsPort)
    return failed(
      name,
      `${error.message}: no ops port of cTrip`,
      'name the port that is its OPS_PORT, not that of the API',
    )
  const cause = isError(error) ? (error.cause ?? error) : error
  const reason = codeOf(cause) ?? messageOf(cause)
  const remedy =
    'is it running, and can its ops port be reached from here? Its log says on its last line why it stopped'
  return failed(name, `does not answer at ${opsUrl} (${reason})`, remedy)
}

/** Something else answers there. */
class NoOpsPort extends Error {}

/** Its answer is the same kind whether it is a 200 or a 503. */
async function ask<Answer>(url: string, schema: z.ZodType<Answer>): Promise<Answer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'manual' })
  const parsed = schema.safeParse(parseJson(await response.text()))
  if (!parsed.success) throw new NoOpsPort(`${url} answers with ${response.status}`)
  return parsed.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
