// `npm test -- PACKAGE [PATTERN]` and `npm run watch -- PACKAGE [PATTERN]`: one package, from source.
import { onStop } from './lifeline.mjs'
import { findPackage, readPackages } from './packages.mjs'
import { QUIETLY, run } from './run.mjs'
import { buildLocalStack, findOrStartServers } from './servers.mjs'

const LOCAL_STACK = '@ctrip/local-stack'
/** Tests that start what is built, by package: turbo's filters. All other tests run from source. */
const RUNS_BUILT = { cli: ['./apps/cli'], e2e: ['./apps/*'] }

/**
 * Type-checks and tests packages, one after the other, and returns an exit code. `selected` is a list of `{one, files}`: a package,
 * and patterns of the test files to run, or null for all of them.
 */
export async function testPackages(selected, { watch = false } = {}) {
  const stopping = new AbortController()
  onStop(() => stopping.abort())
  const { signal } = stopping
  const tested = selected.filter(({ files }) => files === null || files.length > 0).map(({ one }) => one)
  const all = selected.map(({ one }) => one)
  if (!(await generate(all, signal)) || !(await build(tested, signal))) return 1
  const servers = tested.some(needsServers) ? await findOrStartServers() : { urls: {}, stop: async () => {} }
  try {
    const codes = []
    for (const { one, files } of selected) {
      const jest = (...args) => run('jest', [...args, ...(files ?? [])], { cwd: one.folder, env: servers.urls, signal })
      if (watch) return await jest(process.stdin.isTTY ? '--watch' : '--watchAll')
      codes.push(run('tsc', ['--noEmit'], { cwd: one.folder, signal }))
      if (tested.includes(one)) codes.push(jest('--passWithNoTests'))
      await Promise.all(codes)
    }
    return (await Promise.all(codes)).every((code) => code === 0) ? 0 : 1
  } finally {
    await servers.stop()
  }
}

/** Reads `PACKAGE [PATTERN…]`; null, after a message, if there is no such package. */
export function selectPackage([asked, ...patterns]) {
  const packages = readPackages()
  const one = asked === undefined ? null : findPackage(packages, asked)
  if (one !== null) return { one, files: patterns.length > 0 ? patterns : null }
  console.error(`There is no package ${asked ?? ''}: ${packages.map(({ name }) => name).join(', ')}`)
  return null
}

/** The generated code of the packages and of those that they depend on. */
async function generate(packages, signal) {
  return packages.length === 0 || (await turbo('generate', filtersOf(packages), signal))
}

async function build(packages, signal) {
  if (packages.some(needsServers) && !(await buildLocalStack(signal))) return false
  const built = packages.flatMap(({ name }) => RUNS_BUILT[name] ?? [])
  return built.length === 0 || (await turbo('build', built, signal))
}

function filtersOf(packages) {
  return packages.map(({ manifest }) => `${manifest.name}...`)
}

async function turbo(task, filters, signal) {
  return (await run('turbo', ['run', task, ...filters.map((one) => `--filter=${one}`), ...QUIETLY], { signal })) === 0
}

function needsServers({ manifest }) {
  return manifest.name === LOCAL_STACK || LOCAL_STACK in { ...manifest.dependencies, ...manifest.devDependencies }
}
