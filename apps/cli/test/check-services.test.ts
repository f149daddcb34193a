import { freePort } from '@ctrip/local-stack/free-port'
import { startOpsServer } from '@ctrip/service/ops-server'
import { checkServices } from '../src/doctor/check-services'
import type { Finding } from '../src/doctor/finding'

const metrics = { metrics: async () => '', contentType: 'text/plain' }
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

type Readiness = ReturnType<Parameters<typeof startOpsServer>[0]['readiness']>
const READY: Readiness = { ready: true, phase: 'running', checks: [] }

/** What is found at the ops port of a service in this state. */
async function findingOf(
  readiness: Readiness,
  stalled: ReturnType<Parameters<typeof startOpsServer>[0]['stalledWorkers']> = [],
) {
  const server = await startOpsServer(
    { readiness: () => readiness, stalledWorkers: () => stalled, metrics },
    { port: 0, host: '127.0.0.1' },
  )
  closing.push(server.close)
  return findingAt(`http://127.0.0.1:${server.port}`)
}

async function findingAt(opsUrl: string): Promise<Finding | undefined> {
  const nothing = { databaseUrl: undefined, natsUrl: undefined, chainsFile: undefined, apiUrl: undefined }
  return (await checkServices({ ...nothing, apiKey: undefined, services: [{ name: 'scanner', opsUrl }], env: {} }))[0]
}

test('a service that is ready passes', async () => {
  expect(await findingOf(READY)).toMatchObject({ check: 'scanner', ok: true })
})

test('what a service waits for is named with its reason', async () => {
  const away = { name: 'database', required: true, status: 'down', since: '', error: 'refused' } as const
  const finding = await findingOf({ ready: false, phase: 'running', checks: [away] })
  expect(finding).toMatchObject({ ok: false, detail: 'not ready: database (refused)' })
})

test('a service that starts, and has asked nothing yet, says that', async () => {
  const finding = await findingOf({ ready: false, phase: 'starting', checks: [] })
  expect(finding).toMatchObject({ ok: false, detail: 'not ready: starting' })
})

test('a hung work loop is named, with the runbook', async () => {
  const finding = await findingOf(READY, [{ worker: 'scan', silent_seconds: 90, limit_seconds: 60 }])
  expect(finding).toMatchObject({ ok: false, detail: 'hangs: scan (silent for 90 s)' })
  expect(finding?.remedy).toContain('WorkerStalled')
})

test('a port that nothing listens on is told from one that something else does', async () => {
  expect(await findingAt(`http://127.0.0.1:${await freePort()}`)).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/does not answer at .*ECONNREFUSED/) as string,
  })
  const server = await startOpsServer(
    { readiness: () => READY, stalledWorkers: () => [], metrics },
    { port: 0, host: '127.0.0.1' },
  )
  closing.push(server.close)
  const finding = await findingAt(`http://127.0.0.1:${server.port}/elsewhere`)
  expect(finding).toMatchObject({ ok: false, detail: expect.stringMatching(/answers with 404: no ops port/) as string })
})

test('without addresses it says how to give them', async () => {
  const nothing = { databaseUrl: undefined, natsUrl: undefined, chainsFile: undefined, apiUrl: undefined }
  const [finding] = await checkServices({ ...nothing, apiKey: undefined, services: [], env: {} })
  expect(finding?.detail).toMatch(/--ops-url NAME=URL, or in CTRIP_OPS_URLS/)
})
