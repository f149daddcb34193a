import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const SOURCES = ['{apps,packages,examples}/*/{src,test}/**/*.ts', 'bench/{src,test}/**/*.ts']
const NOT_OURS = /(^|\/)(node_modules|dist|generated)\//
const IMPORTED = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"]+)['"]/g
const TYPE_ONLY = /^\s*(?:import|export)\s+type\s[^'"]*?\sfrom\s*['"][^'"]+['"]/gm

/** All our TypeScript files, as paths from the root. */
export function sourceFiles(root = '.') {
  return globSync(SOURCES, { cwd: root })
    .filter((file) => !NOT_OURS.test(file))
    .sort()
}

/**
 * Which of our files each file imports: a Map of path → paths. Follows relative imports and the `@ctrip/…` subpaths that
 * package.json exports. `types: false` leaves out imports that are erased (`import type`).
 */
export function importGraph(packages, files, { root = '.', types = true } = {}) {
  const known = new Set(files)
  const byName = new Map(packages.map((one) => [one.manifest.name, one]))
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      const kept = types ? text : text.replace(TYPE_ONLY, '')
      const imported = [...kept.matchAll(IMPORTED)].map(([, name]) => resolveImport(file, name, byName, known))
      return [file, [...new Set(imported.filter((path) => path !== null))]]
    }),
  )
}

/** Every file that can be reached from `entries`, these included. */
export function reachable(graph, entries) {
  const seen = new Set()
  const waiting = [...entries]
  while (waiting.length > 0) {
    const file = waiting.pop()
    if (seen.has(file)) continue
    seen.add(file)
    waiting.push(...(graph.get(file) ?? []))
  }
  return seen
}

function resolveImport(file, name, byName, known) {
  if (name.startsWith('.')) return pick(normalize(join(dirname(file), name)), known)
  const [, scoped, subpath] = /^(@ctrip\/[^/]+)(?:\/(.+))?$/.exec(name) ?? []
  const one = byName.get(scoped)
  if (one === undefined) return null
  const target = exported(one.manifest.exports, subpath)
  return target === null ? null : pick(normalize(join(one.folder, target)), known)
}

/** The source that an export stands for: `./*` with `{"@ctrip/source": "./src/*.ts"}`, or a plain string. */
function exported(exports, subpath) {
  const entry = subpath === undefined ? exports?.['.'] : exports?.['./*']
  const path = typeof entry === 'string' ? entry : entry?.['@ctrip/source']
  return path?.replace('*', subpath ?? '') ?? null
}

function pick(path, known) {
  return [path, `${path}.ts`, `${path}/index.ts`].find((candidate) => known.has(candidate)) ?? null
}
