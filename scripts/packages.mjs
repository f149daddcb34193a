import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const MANIFESTS = ['{apps,packages,examples}/*/package.json', 'bench/package.json']

/**
 * @typedef {{name: string, dependencies?: Record<string, string>, devDependencies?: Record<string, string>, exports?: object}} Manifest
 * @typedef {{name: string, folder: string, manifest: Manifest}} Package
 */

/**
 * The workspace's packages. `name` is the folder's last part, which people type.
 * @returns {Package[]}
 */
export function readPackages(root = '.') {
  return globSync(MANIFESTS, { cwd: root })
    .sort()
    .map((path) => {
      const folder = dirname(path)
      return { name: basename(folder), folder, manifest: JSON.parse(readFileSync(join(root, path), 'utf8')) }
    })
}

/** Finds a package by its folder's name (`domain`), its path (`packages/domain`) or its full name (`@ctrip/domain`). */
export function findPackage(packages, asked) {
  const wanted = asked.replace(/^\.\//, '').replace(/\/$/, '')
  return packages.find(({ name, folder, manifest }) => [name, folder, manifest.name].includes(wanted)) ?? null
}

/** The packages that depend on one of `changed`, directly or through others, without `changed` themselves. */
export function dependentsOf(packages, changed) {
  const reached = new Set(changed.map(({ manifest }) => manifest.name))
  for (let before = -1; before !== reached.size; ) {
    before = reached.size
    for (const { manifest } of packages) {
      const needs = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
      if (needs.some((need) => reached.has(need))) reached.add(manifest.name)
    }
  }
  return packages.filter((one) => reached.has(one.manifest.name) && !changed.includes(one))
}

/** The packages that `one` needs when it runs, directly or through others. */
export function dependenciesOf(packages, one) {
  const reached = new Set()
  const waiting = [one]
  while (waiting.length > 0) {
    const needs = Object.keys(waiting.pop().manifest.dependencies ?? {})
    for (const need of packages.filter(({ manifest }) => needs.includes(manifest.name))) {
      if (reached.has(need)) continue
      reached.add(need)
      waiting.push(need)
    }
  }
  return [...reached]
}
