import { reachable } from './import-graph.mjs'
import { dependentsOf } from './packages.mjs'

/** @typedef {import('./packages.mjs').Package} Package */

const TEST = /\.test\.ts$/
/** A change in one of these can change the result of every test: only `npm test` covers it. */
const SHARED = /^(pnpm-lock\.yaml|pnpm-workspace\.yaml|tsconfig\.base\.json|jest\.base\.cjs|scripts\/fixed-seed\.cjs)$/
const NO_TEST_READS = /(^|\/)(README|CHANGELOG)\.md$/

/**
 * Which test files a change can break: `[{one, files}]`; the packages that depend on the changed ones and are not tested; and the changed
 * files that can change every result.
 * A changed TypeScript file selects the tests that import it, directly or through others; another changed file of a package (SQL, a
 * fixture, package.json) selects all its tests. `dependents` looks for such tests in the packages that depend on the changed ones too.
 * The whole gateway (e2e) starts built services and imports none of them: it is selected by a change of its own only.
 * @returns {{selected: {one: Package, files: string[]}[], untested: Package[], shared: string[]}}
 */
export function selectTests({ packages, graph, changed, dependents }) {
  const touched = packages.filter((one) => changed.some((path) => isIn(one, path)))
  const others = dependentsOf(packages, touched)
  const inScope = dependents ? [...touched, ...others] : touched
  const sources = changed.filter((path) => graph.has(path))
  const selected = inScope.map((one) => {
    const all = [...graph.keys()].filter((file) => isIn(one, file) && TEST.test(file))
    const whole = changed.some((path) => isIn(one, path) && !graph.has(path))
    return { one, files: whole ? all : all.filter((test) => importsAny(graph, test, sources)) }
  })
  return { selected, untested: dependents ? [] : others, shared: changed.filter((path) => SHARED.test(path)) }
}

function isIn(one, path) {
  return path.startsWith(`${one.folder}/`) && !NO_TEST_READS.test(path)
}

function importsAny(graph, test, sources) {
  const reached = reachable(graph, [test])
  return sources.some((source) => reached.has(source))
}
