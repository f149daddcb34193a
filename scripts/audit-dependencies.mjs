// `npm run audit:dependencies`: known vulnerabilities of the packages that services need to run, as the registry reports them. Exits with 1
// where one is high or critical.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const { status, error } = spawnSync('pnpm', ['audit', '--prod', '--audit-level', 'high'], {
  cwd: root,
  stdio: 'inherit',
})
if (error !== undefined) throw error
process.exitCode = status ?? 1
