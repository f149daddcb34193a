import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SERVICES } from '@ctrip/local-stack/ports'

const START_SCRIPT = JSON.stringify({ scripts: { start: 'node --require ./dist/instrument.js dist/main.js' } })

/** A folder like `apps`, in which every service is a stub and there is nothing to migrate. */
export function stubApps(): string {
  const apps = temporaryFolder()
  for (const name of [...SERVICES, 'cli']) {
    const dist = join(apps, name, 'dist')
    mkdirSync(dist, { recursive: true })
    writeFileSync(join(dist, 'instrument.js'), '')
    writeFileSync(join(apps, name, 'package.json'), START_SCRIPT)
    if (name === 'cli') writeFileSync(join(dist, 'main.js'), '')
    else cpSync(join(__dirname, 'stub', 'service.cjs'), join(dist, 'main.js'))
  }
  return apps
}

const folders: string[] = []

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-test-'))
  folders.push(folder)
  return folder
}

export function removeTemporaryFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}

/** A base of eleven consecutive ports that are very likely free: outside the range that the kernel hands out. */
export function portBase(): number {
  return 10_000 + Math.floor(Math.random() * 2_000) * 11
}
