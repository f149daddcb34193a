import { execFile } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { freePort } from './free-port'
import { type ManagedProcess, type ProcessSpec, startProcess } from './managed-process'
import { isReachableByOthers, postgresBinaries } from './postgres-binaries'
import type { Server, ServerOptions } from './server'
import { serverFolder } from './server-folder'
import { untilReady } from './until-ready'

const run = promisify(execFile)
const READY_TIMEOUT_MS = 30_000 // recovery after a crash replays the WAL first
const STOP_TIMEOUT_MS = 8_000
/** Children of a killed postmaster notice its death when they next wait: on a busy machine after seconds. */
const SURVIVORS_TIMEOUT_MS = 30_000
const SURVIVORS_POLL_MS = 200
const LOCK_FILE_EXISTS = 'F0001' // SQLSTATE, https://www.postgresql.org/docs/17/errcodes-appendix.html
const NOBODY = 65534 // nobody:nogroup on Linux, by convention also where no such name is listed

export interface PostgresOptions extends ServerOptions {
  /** Whether commits survive a power cut (a killed process they survive anyway). Default: no, as tests need not. */
  readonly durable?: boolean
}

/**
 * Starts PostgreSQL 17 on 127.0.0.1 and creates its cluster if `folder` has none. After a kill it waits until all processes of
 * the killed server have ended. `url` is the superuser's.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Server> {
  const { folder, leave } = serverFolder(options.folder)
  const port = options.port ?? (await freePort())
  const place = placeOf(join(folder, 'postgres'))
  const { initdb, postgres } = await postgresBinaries()
  await createCluster(initdb, place)
  const spec: ProcessSpec = {
    name: 'postgres',
    command: postgres,
    args: ['-D', place.dataAsSeenByPostgres, ...settings(port, options.durable ?? false)],
    cwd: place.data,
    ...(place.user && { user: place.user }),
    logFile: join(folder, 'logs', 'postgres.log'),
    stopSignal: 'SIGINT', // fast shutdown: does not wait for clients to leave
    stopTimeoutMs: STOP_TIMEOUT_MS,
  }
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`
  const child = await startAfterSurvivors(place, spec, url)
  return { ...child, url, stop: leave(child) }
}

async function startAfterSurvivors({ data }: Place, spec: ProcessSpec, url: string): Promise<ManagedProcess> {
  const deadline = Date.now() + SURVIVORS_TIMEOUT_MS
  for (;;) {
    removeStaleLock(data)
    const child = await startProcess(spec)
    try {
      await untilReady(child, READY_TIMEOUT_MS, () => answers(url))
      return child
    } catch (error) {
      if (Date.now() > deadline || !child.hasLogged(`[${child.pid}] ${LOCK_FILE_EXISTS}`)) throw error
    }
    await sleep(SURVIVORS_POLL_MS)
  }
}

interface Place {
  readonly data: string
  readonly dataAsSeenByPostgres: string
  readonly user: { readonly uid: number; readonly gid: number } | null
}

/**
 * Postgres refuses to run as root, so root runs it as nobody. That user cannot enter a private folder (0700) above the
 * data. So it starts with the data folder as its working directory, which /proc/self/cwd reaches directly.
 */
function placeOf(data: string): Place {
  const root = process.getuid?.() === 0
  const hidden = root && !isReachableByOthers(data)
  return {
    data,
    dataAsSeenByPostgres: hidden ? '/proc/self/cwd' : data,
    user: root ? { uid: NOBODY, gid: NOBODY } : null,
  }
}

async function createCluster(initdb: string, place: Place): Promise<void> {
  if (existsSync(join(place.data, 'PG_VERSION'))) return
  mkdirSync(place.data, { recursive: true })
  if (place.user) chownSync(place.data, place.user.uid, place.user.gid)
  const args = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions']
  await run(initdb, ['-D', place.dataAsSeenByPostgres, ...args], { cwd: place.data, ...place.user })
}

/**
 * Postgres does not start while the process in its lock file exists, and a killed process stays a zombie if nothing reaps it
 * (PID 1 of many containers). Postgres still detects surviving children by their shared memory.
 */
function removeStaleLock(data: string): void {
  const lock = join(data, 'postmaster.pid')
  if (!existsSync(lock)) return
  const pid = Number.parseInt(readFileSync(lock, 'utf8'), 10)
  const stat = `/proc/${pid}/stat`
  if (existsSync(stat) && /^\d+ \(.*\) Z/.test(readFileSync(stat, 'utf8'))) rmSync(lock)
}

function settings(port: number, durable: boolean): string[] {
  const values: Record<string, string | number> = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 300,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] %e ', // with the SQLSTATE, by which a refusal is known
    // Only a crash of the whole machine needs these two; the death of a process does not.
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  try {
    await client.connect()
    return true
  } finally {
    await client.end()
  }
}
