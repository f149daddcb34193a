import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isPortFree } from '@ctrip/local-stack/free-port'
import { SERVICES } from '@ctrip/local-stack/ports'
import type { StackDescriptor } from '@ctrip/local-stack/stack-descriptor'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { portBase, removeTemporaryFolders, stubApps, temporaryFolder } from './stub-apps'

const appsFolder = stubApps()
afterAll(removeTemporaryFolders)
const PARENT = join(__dirname, 'stub', 'parent.cjs')

async function startParent(dataFolder: string, base: number): Promise<{ parent: ChildProcess; pids: number[] }> {
  const parent = fork(PARENT, [dataFolder, String(base), appsFolder], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const descriptor = await new Promise<StackDescriptor>((resolve, reject) => {
    parent.once('message', (message) => resolve(message as StackDescriptor))
    parent.once('exit', (exitCode) => reject(new Error(`the parent ended (${exitCode})`)))
  })
  const { postgres, nats, chains, services } = descriptor
  const servers = [postgres.pid, nats.pid, chains[0]?.pid].map((pid) => pid ?? 0)
  const supervisor = Number(readFileSync(join(dataFolder, 'supervisor.pid'), 'utf8'))
  return { parent, pids: [supervisor, ...servers, ...SERVICES.map((name) => services[name].pid)] }
}

/** A zombie has ended: in a container nobody may be there to reap it. */
function runs(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

async function expectNothingLeft(pids: number[], base: number): Promise<void> {
  await waitUntil('the end of every process', 20_000, async () => !pids.some(runs))
  // The kernel closes a dead process' sockets in its own time.
  for (let port = base; port < base + 11; port += 1)
    await waitUntil(`port ${port}, free again`, 20_000, () => isPortFree(port))
}

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'nothing is left after %s to the parent, and a second start works',
  async (signal) => {
    const dataFolder = temporaryFolder()
    const base = portBase()
    for (const _start of [1, 2]) {
      const { parent, pids } = await startParent(dataFolder, base)
      expect(pids.every(runs)).toBe(true)
      parent.kill(signal)
      await expectNothingLeft(pids, base)
    }
  },
  60_000,
)

test('nothing is left after SIGKILL to the supervisor, and a second start works', async () => {
  const dataFolder = temporaryFolder()
  const base = portBase()
  const first = await startParent(dataFolder, base)
  process.kill(first.pids[0] ?? 0, 'SIGKILL')
  await expectNothingLeft(first.pids, base)
  first.parent.kill('SIGKILL')
  const second = await startParent(dataFolder, base)
  second.parent.kill('SIGTERM')
  await expectNothingLeft(second.pids, base)
}, 60_000)
