import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ManagedProcess } from './managed-process'

/** The folder of a server. A temporary folder, used if none is given, is removed after the server has stopped. */
export function serverFolder(folder: string | undefined): {
  folder: string
  leave: (child: ManagedProcess) => () => Promise<void>
} {
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true })
    return { folder, leave: (child) => child.stop }
  }
  const temporary = mkdtempSync(join(tmpdir(), 'ctrip-'))
  chmodSync(temporary, 0o755) // Postgres enters it as another user
  return {
    folder: temporary,
    leave: (child) => async () => {
      await child.stop()
      rmSync(temporary, { recursive: true, force: true })
    },
  }
}
