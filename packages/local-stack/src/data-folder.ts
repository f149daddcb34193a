import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SECRETS_FILE } from './secrets'
import { removeDescriptor } from './stack-descriptor'

const OWNER_FILE = 'supervisor.pid'

/** Takes possession of the data folder, empties it if `fresh`. Throws if another stack runs on it. */
export function openDataFolder(folder: string, fresh: boolean): void {
  mkdirSync(folder, { recursive: true })
  const owner = runningOwner(folder)
  if (owner !== null)
    throw new Error(`Another stack (pid ${owner}) runs on ${folder}: stop it, or choose another --data`)
  if (fresh) empty(folder)
  removeDescriptor(folder) // a descriptor that a killed stack left would say that we are ready
  writeFileSync(join(folder, OWNER_FILE), String(process.pid))
}

export function closeDataFolder(folder: string): void {
  removeDescriptor(folder)
  rmSync(join(folder, OWNER_FILE), { force: true })
}

/** `--fresh --data ~` must not empty a home: only a folder that a stack has written to is emptied. */
function empty(folder: string): void {
  const entries = readdirSync(folder)
  if (entries.length > 0 && !entries.includes(SECRETS_FILE)) {
    throw new Error(`${folder} is not empty and not a data folder of cTrip: --fresh does not delete it`)
  }
  for (const entry of entries) rmSync(join(folder, entry), { recursive: true, force: true })
}

/** A pid alone proves nothing, as it may have been given to another program since. */
function runningOwner(folder: string): number | null {
  const file = join(folder, OWNER_FILE)
  if (!existsSync(file)) return null
  const pid = Number(readFileSync(file, 'utf8'))
  return isSupervisor(pid) ? pid : null
}

function isSupervisor(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('supervisor')
  } catch {
    return false // no such process
  }
}
