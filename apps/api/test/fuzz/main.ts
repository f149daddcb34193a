import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { apiClient } from '../support/api-client'
import { TEST_SETTINGS } from '../support/fixtures'
import { newMerchant } from '../support/new-merchant'
import { type ApiProcess, startApiProcess } from './api-process'
import { rawBytes, sendRaw } from './raw-bytes'
import { malformedRequests, sendMalformed } from './requests'

const CHUNK = 1_000
const CONCURRENCY = 8
/** Of a hundred requests so many are bytes on the socket. */
const RAW_PERCENT = 10
const FAILURES_MAX = 20

interface Sender {
  /** Resolves with what came of it, such as a status; throws if it should not have. */
  send(n: number): Promise<string>
}

/** `npm run fuzz -- --requests N --seed S`: prints what was answered and what memory is left, and exits 1 on a 5xx or a crash. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { requests: { type: 'string', default: '10000' }, seed: { type: 'string' } },
  })
  const requests = Number(values.requests)
  const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed)
  if (!(Number.isSafeInteger(requests) && requests > 0) || !Number.isSafeInteger(seed)) {
    process.stderr.write('usage: fuzz --requests N --seed S\n')
    return 2
  }
  const api = await startApiProcess()
  try {
    const report = await Promise.race([fuzz(api, requests, seed), crash(api)])
    process.stdout.write(`${JSON.stringify({ seed, ...report }, null, 2)}\n`)
    return report.failures.length === 0 ? 0 : 1
  } finally {
    await api.stop()
  }
}

async function fuzz(api: ApiProcess, requests: number, seed: number) {
  const admin = apiClient(api.url, TEST_SETTINGS.ADMIN_API_KEY)
  const clients = { admin, merchant: await newMerchant(api.url, admin) }
  const answers: Record<string, number> = {}
  const failures: string[] = []
  // The first chunk warms up what is compiled and cached once.
  const memory = []
  for (let done = 0; done < requests && failures.length < FAILURES_MAX; done += CHUNK) {
    const size = Math.min(CHUNK, requests - done)
    await inParallel(size, chunkOf(size, seed + done, api.port, clients), answers, failures)
    if (done === 0 || crossed(requests / 2, done, size) || done + size >= requests)
      memory.push({ after: done + size, ...(await api.memory()) })
  }
  const health = await fetch(`${api.url}/health`)
  if (!health.ok) failures.push(`/health answers ${health.status} in the end`)
  return { requests, answers, memory, failures }
}

function crossed(mark: number, done: number, size: number): boolean {
  return done < mark && done + size >= mark
}

/** What is sent depends on the seed alone, not on how fast it is answered. */
function chunkOf(size: number, seed: number, port: number, clients: Parameters<typeof sendMalformed>[0]): Sender {
  const calls = fc.sample(malformedRequests, { numRuns: size, seed })
  const bytes = fc.sample(rawBytes, { numRuns: size, seed })
  return {
    async send(n) {
      const [call, raw] = [calls[n], bytes[n]]
      if (call === undefined || raw === undefined) throw new RangeError(`there is no request ${n}`)
      if (n % 100 >= RAW_PERCENT) return String(await sendMalformed(clients, call))
      const answer = await sendRaw(port, raw)
      if (/^HTTP\/1.1 5/.test(answer))
        throw new Error(`${JSON.stringify(Buffer.from(raw).toString('latin1'))}: ${answer}`)
      return 'bytes'
    },
  }
}

async function inParallel(size: number, { send }: Sender, answers: Record<string, number>, failures: string[]) {
  let next = 0
  async function worker(): Promise<void> {
    while (next < size) {
      const answer = await send(next++).catch((error: unknown) => {
        failures.push(String(error).slice(0, 2_000))
        return 'failed'
      })
      answers[answer] = (answers[answer] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

async function crash(api: ApiProcess): Promise<never> {
  throw new Error(`the API ended: ${await api.exited}`)
}

// npm's process passes signals, and its own end, on over IPC.
for (const event of ['message', 'disconnect']) process.once(event, () => process.exit(130))

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`)
    process.exit(1)
  },
)
