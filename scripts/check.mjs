// `npm test`: one Postgres and one NATS for all packages, then types, lint and tests of everything through turbo, then the sum.
// What runs the whole gateway comes last and alone: it measures what a user would see, not a machine busy with other tests. The very
// last is three minutes under fire.
import { spawn, spawnSync } from 'node:child_process'
import { onStop } from './lifeline.mjs'
import { addUp, forgetResults, tasksRun } from './results.mjs'

const TIME_LIMIT_MINUTES = 30 // of each of the two runs
const WHOLE_GATEWAY = '@ctrip/e2e'
const TASKS_AT_ONCE = 3
const UNDER_FIRE = ['packages/chaos/dist/main.js', '--minutes', '3', '--seed', '101'] // always the same trouble
const LINTERS = ['lint:biome', 'lint:eslint', 'lint:deps', 'lint:dead']
const TOOLS_FOR_TESTS = [
  { command: 'nats-server', debianPackage: 'nats-server' },
  { command: 'chromium', debianPackage: 'chromium' },
  { command: 'promtool', debianPackage: 'prometheus' },
  { command: 'amtool', debianPackage: 'prometheus-alertmanager' },
  { command: 'docker-compose', debianPackage: 'docker-compose' },
]

const stopping = new AbortController()
onStop(() => stopping.abort())
process.exitCode = await check()
process.disconnect?.() // the bootstrap's channel would keep us running

async function check() {
  const built = spawnSync('turbo', ['run', 'build', '--filter=@ctrip/local-stack', ...quietly()], { stdio: 'inherit' })
  if (built.status !== 0) return report({ passed: 0, failed: 1 })
  const servers = await startServers()
  try {
    forgetResults()
    const urls = { TEST_DATABASE_URL: servers.postgres.url, TEST_NATS_URL: servers.nats.url }
    await runTurbo(
      ['typecheck', ...LINTERS, 'test', `--filter=!${WHOLE_GATEWAY}`, `--concurrency=${TASKS_AT_ONCE}`],
      urls,
    )
    await runTurbo(['typecheck', 'test', `--filter=${WHOLE_GATEWAY}`], urls)
    const carried = await runUnderFire()
    const total = addUp(tasksRun())
    if (carried) total.passed += 1
    else total.failed += 1
    return report(total)
  } finally {
    await Promise.all([servers.postgres.stop(), servers.nats.stop()])
  }
}

async function startServers() {
  const [{ requireTools }, { startPostgres }, { startNats }] = await Promise.all([
    import('../packages/local-stack/dist/system-tools.js'),
    import('../packages/local-stack/dist/postgres.js'),
    import('../packages/local-stack/dist/nats.js'),
  ])
  await requireTools(TOOLS_FOR_TESTS)
  const [postgres, nats] = await Promise.all([startPostgres(), startNats()])
  return { postgres, nats }
}

/** Runs to the end whatever fails: the sum tells. */
async function runTurbo(tasks, urls) {
  if (stopping.signal.aborted) return
  const turbo = spawn('turbo', ['run', ...tasks, '--continue', '--summarize', ...quietly()], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...urls },
  })
  const stop = () => turbo.kill('SIGTERM')
  stopping.signal.addEventListener('abort', stop, { once: true })
  const limit = setTimeout(() => {
    console.error(`Stopped: it took longer than ${TIME_LIMIT_MINUTES} minutes`)
    stop()
  }, TIME_LIMIT_MINUTES * 60_000)
  await new Promise((resolve) => turbo.once('exit', resolve))
  clearTimeout(limit)
}

/** One test: the whole system for minutes among enemies, then judged from outside (docs/chaos.md). One that was stopped has not passed. */
async function runUnderFire() {
  await runTurbo(['build', '--filter=./apps/*', '--filter=@ctrip/chaos'], {})
  if (stopping.signal.aborted) return false
  const chaos = spawn(process.execPath, UNDER_FIRE, { stdio: ['ignore', 'inherit', 'pipe'] })
  const story = []
  chaos.stderr.on('data', (chunk) => story.push(chunk))
  const stop = () => chaos.kill('SIGTERM')
  stopping.signal.addEventListener('abort', stop, { once: true })
  const code = await new Promise((resolve) => chaos.once('close', resolve))
  if (code !== 0) process.stderr.write(Buffer.concat(story))
  return code === 0
}

function quietly() {
  return ['--output-logs=errors-only', '--log-order=grouped', '--no-update-notifier']
}

function report({ passed, failed }) {
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0 ? 0 : 1
}
