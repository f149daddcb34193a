import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const INSTALL_TIMEOUT_MS = 300_000
// Debian keeps servers where an ordinary user's PATH does not look.
const EXTRA_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin']

export interface SystemTool {
  readonly command: string
  readonly debianPackage: string
}

export const NATS_SERVER: SystemTool = { command: 'nats-server', debianPackage: 'nats-server' }

/** The absolute path of a command, or null. */
export function findTool(command: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...EXTRA_FOLDERS]
  return folders.map((folder) => join(folder, command)).find(isExecutable) ?? null
}

/**
 * Makes sure that tools which no npm package ships are there: installs the missing ones with apt-get where that is possible
 * (root, on Debian or Ubuntu), and otherwise throws one message that says what to install.
 */
export async function requireTools(tools: readonly SystemTool[]): Promise<void> {
  const missing = tools.filter((tool) => findTool(tool.command) === null)
  if (missing.length === 0) return
  const packages = missing.map((tool) => tool.debianPackage)
  if (process.getuid?.() !== 0 || findTool('apt-get') === null) throw new Error(installHint(missing))
  console.log(`Installing ${packages.join(', ')} with apt-get …`)
  await installPackages(packages)
  const still = missing.filter((tool) => findTool(tool.command) === null)
  if (still.length > 0) throw new Error(installHint(still))
}

async function installPackages(packages: readonly string[]): Promise<void> {
  const aptGet = (...args: string[]) =>
    run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      timeout: INSTALL_TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
      env: {
        ...process.env,
        DEBIAN_FRONTEND: 'noninteractive',
        // Only the binaries are needed: the distribution's daemons must not start on the default ports.
        RUNLEVEL: '1',
      },
    })
  await aptGet('update')
  await aptGet('install', '-y', '--no-install-recommends', ...packages)
}

function installHint(missing: readonly SystemTool[]): string {
  const commands = missing.map((tool) => tool.command).join(', ')
  const packages = missing.map((tool) => tool.debianPackage).join(' ')
  return `Not found: ${commands}. Install with your package manager (on Debian or Ubuntu: sudo apt-get install ${packages}), then try again.`
}

function isExecutable(path: string): boolean {
  if (!existsSync(path)) return false
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
