// The packages that a workspace package needs to run: its dependencies and theirs, as installed. What only development needs is left out.
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** @typedef {{id: string, name: string, version: string, license: string, folder: string, dependencies: string[]}} Installed */

/**
 * Every installed package in the production closure of a folder below the root, by `name@version`, the folder's own package included.
 * Optional dependencies that are not installed are left out; any other that is missing is an error.
 * @param {string} root
 * @param {string} folder
 * @returns {Map<string, Installed>}
 */
export function productionClosure(root, folder) {
  const removed = removedDependencies(root)
  const found = new Map()
  const waiting = [realpathSync(join(root, folder))]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const manifest = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'))
    const id = `${manifest.name}@${manifest.version}`
    if (found.has(id)) continue
    const needed = { ...manifest.dependencies, ...manifest.optionalDependencies, ...requiredPeers(manifest) }
    const dependencies = []
    for (const name of Object.keys(needed)) {
      if (removed.has(`${manifest.name}>${name}`)) continue
      const child = resolvePackage(at, name)
      if (child !== null) dependencies.push(child)
      else if (manifest.optionalDependencies?.[name] === undefined)
        throw new Error(`${id} needs ${name}, which is not installed`)
    }
    found.set(id, {
      id,
      name: manifest.name,
      version: manifest.version,
      license: licenseOf(manifest),
      folder: at,
      dependencies,
    })
    waiting.push(...dependencies)
  }
  return found
}

/** What pnpm-workspace.yaml takes out, as `parent>dependency`. */
function removedDependencies(root) {
  const text = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  return new Set([...text.matchAll(/^ +"([^"]+>[^"]+)": "-"$/gm)].map(([, pair]) => pair))
}

/** A peer that is marked optional is for those who use a feature: @prisma/client names the whole Prisma CLI so. */
function requiredPeers({ peerDependencies = {}, peerDependenciesMeta = {} }) {
  return Object.fromEntries(
    Object.entries(peerDependencies).filter(([name]) => peerDependenciesMeta[name]?.optional !== true),
  )
}

/** As Node resolves it: in the nearest node_modules upwards. Not by `require.resolve`: `exports` may hide package.json. */
function resolvePackage(from, name) {
  for (let at = from; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate)
    if (dirname(at) === at) return null
  }
}

/** An SPDX expression; `NONE` where the package states nothing. */
function licenseOf({ license, licenses }) {
  if (typeof license === 'string') return license
  if (typeof license?.type === 'string') return license.type
  if (Array.isArray(licenses)) return licenses.map(({ type }) => type).join(' OR ')
  return 'NONE'
}
