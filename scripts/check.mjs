// `npm test`: one Postgres and one NATS for all packages, then types, lint and tests of everything through turbo, then the sum.
import { spawn, spawnSync } from 'node:child_process'
import { onStop } from './lifeline.mjs'
import { addUp, forgetResults, lastRun } from './results.mjs'

const TIME_LIMIT_MINUTES = 45
const TOOLS_FOR_TESTS = [
  { command: 'nats-server', debianPackage: 'nats-server' },
  { command: 'chromium', debianPackage: 'chromium' },
  { command: 'promtool', debianPackage: 'prometheus' },
  { command: 'amtool', debianPackage: 'prometheus-alertmanager' },
]

process.exitCode = await check()
process.disconnect?.() // the bootstrap's channel would keep us running

async function check() {
  const built = spawnSync('turbo', ['run', 'build', '--filter=@ctrip/local-stack', ...quietly()], { stdio: 'inherit' })
  if (built.status !== 0) return report({ passed: 0, failed: 1 })
  const servers = await startServers()
  try {
    forgetResults()
    await runTurbo({ TEST_DATABASE_URL: servers.postgres.url, TEST_NATS_URL: servers.nats.url })
    return report(addUp(lastRun()))
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
async function runTurbo(urls) {
  const turbo = spawn('turbo', ['run', 'typecheck', 'lint', 'test', '--continue', '--summarize', ...quietly()], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...urls },
  })
  const stop = () => turbo.kill('SIGTERM')
  onStop(stop)
  const limit = setTimeout(() => {
    console.error(`Stopped: it took longer than ${TIME_LIMIT_MINUTES} minutes`)
    stop()
  }, TIME_LIMIT_MINUTES * 60_000)
  await new Promise((resolve) => turbo.once('exit', resolve))
  clearTimeout(limit)
}

function quietly() {
  return ['--output-logs=errors-only', '--log-order=grouped', '--no-update-notifier']
}

function report({ passed, failed }) {
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0 ? 0 : 1
}
