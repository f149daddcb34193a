import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { BOOKING_GUARDS } from './booking-guards'
import { ENCODING_GUARDS } from './encoding-guards'
import { GUARDS, type Guard } from './guards'
import { SPENDING_GUARDS } from './spending-guards'
import { TRUST_GUARDS } from './trust-guards'

const ROOT = join(__dirname, '../../../..')
const LEFT_OUT = new Set(['.git', '.turbo', '.ctrip', '.results', 'dist', 'coverage'])
const TEST_MS_MAX = 300_000

/**
 * `npm run mutate [-- NAME…]`: switches each guard off in a copy of the source, one at a time, and shows which test notices.
 * Exits 1 if any goes unnoticed, or a guard's source is no longer found.
 */
async function main(names: readonly string[]): Promise<number> {
  const guards = [...GUARDS, ...ENCODING_GUARDS, ...BOOKING_GUARDS, ...SPENDING_GUARDS, ...TRUST_GUARDS].filter(
    ({ name }) => names.length === 0 || names.includes(name),
  )
  const copy = copyOfSource()
  let unnoticed = 0
  try {
    for (const guard of oneOfEachTest(guards)) {
      if (!(await passes(copy, guard))) throw new Error(`${guard.test} fails with every guard in place`)
    }
    for (const guard of guards) {
      const startedAt = performance.now()
      const noticed = await isNoticed(copy, guard)
      if (noticed !== true) unnoticed++
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
      process.stdout.write(`${guard.name.padEnd(36)} ${guard.test.padEnd(14)} ${verdict(noticed)} (${seconds} s)\n`)
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
  process.stdout.write(`${guards.length - unnoticed} of ${guards.length} guards are noticed when they are gone\n`)
  return unnoticed === 0 ? 0 : 1
}

function verdict(noticed: boolean | 'not found'): string {
  if (noticed === 'not found') return 'ITS SOURCE IS NOT FOUND'
  return noticed ? 'noticed' : 'NOT NOTICED'
}

/** The sources, with the installed packages behind links: nothing of the real tree is touched. */
function copyOfSource(): string {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'ctrip-mutation-')))
  const modules = join(ROOT, 'node_modules')
  cpSync(ROOT, copy, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) =>
      path !== modules && !LEFT_OUT.has(basename(path)) && !relative(ROOT, path).startsWith('artifacts'),
  })
  symlinkSync(modules, join(copy, 'node_modules'))
  return copy
}

async function isNoticed(copy: string, guard: Guard): Promise<boolean | 'not found'> {
  const file = join(copy, guard.file)
  const source = readFileSync(file, 'utf8')
  if (source.split(guard.present).length !== 2) return 'not found'
  writeFileSync(
    file,
    source.replace(guard.present, () => guard.absent),
  )
  try {
    return !(await passes(copy, guard))
  } finally {
    writeFileSync(file, source)
  }
}

function oneOfEachTest(guards: readonly Guard[]): Iterable<Guard> {
  return new Map(guards.map((guard) => [`${guard.in} ${guard.test}`, guard])).values()
}

function passes(copy: string, { test, in: folder = 'apps/scanner' }: Guard): Promise<boolean> {
  const jest = join(ROOT, 'node_modules', '.bin', 'jest')
  const child = spawn(jest, ['--bail', '--silent', `test/${test}.test.ts`], {
    cwd: join(copy, folder),
    stdio: 'ignore',
    timeout: TEST_MS_MAX,
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code === 0))
  })
}

// npm's process passes signals, and its own end, on over IPC.
for (const event of ['message', 'disconnect']) process.once(event, () => process.exit(130))

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`)
    process.exit(1)
  },
)
