// `npm run test:affected [-- --dependents]`: the tests that the difference to main can break, committed or not.
import { execFileSync } from 'node:child_process'
import { relative } from 'node:path'
import { selectTests } from './affected.mjs'
import { importGraph, sourceFiles } from './import-graph.mjs'
import { readPackages } from './packages.mjs'
import { run } from './run.mjs'
import { testPackages } from './test-package.mjs'

const dependents = process.argv.includes('--dependents')
process.exitCode = await testAffected()
process.disconnect?.()

async function testAffected() {
  const changed = changedFiles()
  const packages = readPackages()
  const graph = importGraph(packages, sourceFiles())
  const { selected, untested, shared } = selectTests({ packages, graph, changed, dependents })
  console.log(`${changed.length} files differ from ${base()}`)
  for (const { one, files } of selected) console.log(`  ${one.name}: ${files.length} test files`)
  if (untested.length > 0) {
    const names = untested.map(({ name }) => name).join(', ')
    console.log(`Packages that depend on these are not tested (-- --dependents tests them): ${names}`)
  }
  if (shared.length > 0) console.log(`Only \`npm test\` covers all that these can change: ${shared.join(', ')}`)
  const lint = await run('biome', ['check', '--changed', `--since=${base()}`, '--no-errors-on-unmatched'])
  const tests = await testPackages(selected.map(({ one, files }) => ({ one, files: pathsIn(one, files) })))
  return lint === 0 && tests === 0 ? 0 : 1
}

function pathsIn({ folder }, files) {
  return files.map((file) => relative(folder, file))
}

function changedFiles() {
  const sinceMain = git('diff', '--name-only', '--no-renames', git('merge-base', base(), 'HEAD').trim())
  const untracked = git('ls-files', '--others', '--exclude-standard')
  return [...new Set(`${sinceMain}\n${untracked}`.split('\n').filter(Boolean))].sort()
}

/** origin/main where there is one: a local main may be old. */
function base() {
  try {
    git('rev-parse', '--verify', '--quiet', 'origin/main')
    return 'origin/main'
  } catch {
    return 'main'
  }
}

function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8' })
}
