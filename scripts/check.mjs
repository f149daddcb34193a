// `npm test`: static checks and the tests of all packages on one PostgreSQL and one NATS, then the sum. The parts that run the whole
// gateway come last and alone, since they measure what a user would see, not a machine that is busy with other tests.
//   npm test -- --only static,packages     these parts only
//   npm test -- PACKAGE [PATTERN]          one package only
import { spawn } from 'node:child_process'
import { onStop } from './lifeline.mjs'
import { reportProgress, slowestLines } from './progress.mjs'
import { addUp, forgetResults, readProgress, slowestFiles, tasksRun } from './results.mjs'
import { QUIETLY, run } from './run.mjs'
import { buildLocalStack, startServers } from './servers.mjs'
import { selectPackage, testPackages } from './test-package.mjs'

const TIME_LIMIT_MINUTES = 30 // of each run of turbo
const WHOLE_GATEWAY = '@ctrip/e2e'
const TASKS_AT_ONCE = 3
const CHAOS = ['packages/chaos/dist/main.js', '--minutes', '3', '--seed', '101'] // the same decisions each time
const LINTERS = ['lint:biome', 'lint:eslint', 'lint:deps', 'lint:dead']
const PARTS = ['static', 'packages', 'e2e', 'chaos']
const NEED_SERVERS = ['packages', 'e2e']
const SLOWEST_SHOWN = 10
const TOOLS_FOR_TESTS = [
  { command: 'nats-server', debianPackage: 'nats-server' },
  { command: 'chromium', debianPackage: 'chromium' },
  { command: 'promtool', debianPackage: 'prometheus' },
  { command: 'amtool', debianPackage: 'prometheus-alertmanager' },
  { command: 'docker-compose', debianPackage: 'docker-compose' },
]

const stopping = new AbortController()
const { signal } = stopping
process.exitCode = await main(process.argv.slice(2))
process.disconnect?.() // the bootstrap's channel would keep us running

async function main(args) {
  if (args.length === 0) return await check(PARTS)
  if (args[0] === '--only') return await checkOnly(args[1]?.split(',') ?? [])
  const selected = selectPackage(args)
  return selected === null ? 2 : await testPackages([selected])
}

async function checkOnly(parts) {
  if (parts.length > 0 && parts.every((part) => PARTS.includes(part))) return await check(parts)
  console.error(`usage: npm test -- [--only ${PARTS.join('|')}[,…] | PACKAGE [PATTERN]]`)
  return 2
}

async function check(parts) {
  onStop(() => stopping.abort())
  const needsServers = parts.some((part) => NEED_SERVERS.includes(part))
  if (needsServers && !(await buildLocalStack(signal))) return report({ passed: 0, failed: 1 })
  const servers = needsServers ? await startServers(TOOLS_FOR_TESTS) : { urls: {}, stop: async () => {} }
  try {
    forgetResults()
    await runTasks(parts, servers.urls)
    const survived = parts.includes('chaos') ? await runChaos() : null
    const tasks = tasksRun()
    const total = parts.every((part) => part === 'chaos') ? { passed: 0, failed: 0 } : addUp(tasks)
    if (survived === true) total.passed += 1
    if (survived === false) total.failed += 1
    for (const line of slowestLines(slowestFiles(tasks, SLOWEST_SHOWN))) console.log(line)
    return report(total, parts)
  } finally {
    await servers.stop()
  }
}

async function runTasks(parts, urls) {
  const early = [
    ...(parts.includes('static') ? ['typecheck', ...LINTERS] : []),
    ...(parts.includes('packages') ? ['test'] : []),
  ]
  // Type checks of e2e wait for its own run, unless there is none.
  const others = parts.includes('e2e') || parts.includes('packages') ? [`--filter=!${WHOLE_GATEWAY}`] : []
  const phase = parts.includes('packages') ? 'packages' : 'static'
  if (early.length > 0) await runTurbo(phase, [...early, ...others, `--concurrency=${TASKS_AT_ONCE}`], urls)
  if (parts.includes('e2e')) await runTurbo('e2e', ['typecheck', 'test', `--filter=${WHOLE_GATEWAY}`], urls)
}

/** Runs all tasks whatever fails; the sum counts failures. */
async function runTurbo(phase, tasks, urls) {
  const tooLong = new AbortController()
  const limit = setTimeout(() => {
    console.error(`Stopped after ${TIME_LIMIT_MINUTES} minutes`)
    tooLong.abort()
  }, TIME_LIMIT_MINUTES * 60_000)
  const progress = reportProgress(phase, readProgress)
  const args = ['run', ...tasks, '--continue', '--summarize', ...QUIETLY]
  await run('turbo', args, { env: urls, signal: AbortSignal.any([signal, tooLong.signal]) })
  progress.stop()
  clearTimeout(limit)
}

/** One test: the whole system for three minutes among faults and lying providers, then judged from outside (docs/chaos.md). */
async function runChaos() {
  const built = ['run', 'build', '--filter=./apps/*', '--filter=@ctrip/chaos', ...QUIETLY]
  if ((await run('turbo', built, { signal })) !== 0) return false
  console.log('chaos: three minutes of faults, then the verdict')
  const chaos = spawn(process.execPath, CHAOS, { stdio: ['ignore', 'inherit', 'pipe'] })
  const lines = []
  chaos.stderr.on('data', (chunk) => lines.push(chunk))
  const stop = () => chaos.kill('SIGTERM')
  signal.addEventListener('abort', stop, { once: true })
  const code = await new Promise((resolve) => chaos.once('close', resolve))
  if (code !== 0) process.stderr.write(Buffer.concat(lines))
  return code === 0
}

/** Static checks count no tests; of every other part some must have passed. */
function report({ passed, failed }, parts = PARTS) {
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 && (passed > 0 || parts.every((part) => part === 'static')) ? 0 : 1
}
