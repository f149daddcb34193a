// `npm run dev -- SERVICE [options of npm start]`: the local stack without its demo. A change in the service's source, or in that of a
// package that it uses, rebuilds the service and restarts it; the rest keeps running.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { onStop } from './lifeline.mjs'
import { dependenciesOf, readPackages } from './packages.mjs'
import { QUIETLY, run } from './run.mjs'

const SERVICES = ['api', 'scanner', 'sweeper', 'webhook-dispatcher', 'signer']
const WATCHED = ['src', 'assets', 'prisma']
const QUIET_MS = 300 // editors write a file in several steps

const [service, ...options] = process.argv.slice(2)
if (SERVICES.includes(service)) dev()
else {
  console.error(`usage: npm run dev -- ${SERVICES.join('|')} [options of npm start]`)
  process.exitCode = 2
  process.disconnect?.()
}

function dev() {
  const stack = spawn(process.execPath, ['apps/cli/dist/main.js', 'up', '--no-demo', ...options], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  onStop(() => stack.connected && stack.send('stop'))
  stack.once('exit', (code) => process.exit(code ?? 1))
  const reload = oneAtATime(rebuildAndRestart)
  for (const folder of watchedFolders()) watch(folder, { recursive: true }, reload)
}

function watchedFolders() {
  const packages = readPackages()
  const own = packages.find(({ name }) => name === service)
  const folders = [own, ...dependenciesOf(packages, own)].flatMap(({ folder }) =>
    WATCHED.map((one) => join(folder, one)),
  )
  return folders.filter((folder) => existsSync(folder))
}

async function rebuildAndRestart() {
  const startedAt = Date.now()
  const code = await run('turbo', ['run', 'build', `--filter=@ctrip/${service}`, ...QUIETLY])
  if (code !== 0) return console.error(`${service} was not restarted: its build failed`)
  for (const pid of pidsOf(service)) process.kill(pid, 'SIGTERM') // the stack starts it again
  console.log(`${service} rebuilt in ${((Date.now() - startedAt) / 1_000).toFixed(1)} s, restarting`)
}

function pidsOf(name) {
  const at = options.indexOf('--data')
  const file = join(at === -1 ? '.ctrip' : options[at + 1], 'stack.json')
  if (!existsSync(file)) return [] // the stack is still starting
  return JSON.parse(readFileSync(file, 'utf8')).services[name].replicas.map(({ pid }) => pid)
}

/** Calls `task` once a burst of calls is over; a call during the task runs it once more afterwards. */
function oneAtATime(task) {
  let timer
  let running = false
  const start = async () => {
    if (running) return schedule()
    running = true
    await task()
    running = false
  }
  const schedule = () => {
    clearTimeout(timer)
    timer = setTimeout(start, QUIET_MS)
  }
  return schedule
}
