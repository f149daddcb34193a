import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LOCAL_CHAIN_ID } from './chains-file'
import type { ManagedProcess } from './managed-process'
import type { Ports, ServiceName } from './ports'
import { accountXpub } from './secrets'
import { startApp } from './start-app'

const TRACE_EXPORT_DELAY_MS = 500 // spans must be visible within 2 s

/** The stack's addresses, folders and keys that the services need. */
export interface ServiceSurroundings {
  readonly appsFolder: string
  readonly dataFolder: string
  readonly ports: Ports
  /** The URL of the database's owner, who migrates. */
  readonly databaseUrl: string
  /** Whether each service has a database role of its own; so in a database that the stack started. */
  readonly databaseRoles: boolean
  readonly natsUrl: string
  readonly chainsFile: string
  /** Stops mining, on a chain of our own. */
  readonly pauseChain: () => Promise<void>
  readonly depositMnemonic: string
  readonly gasWalletPrivateKey: string
  readonly secretsKey: string
  readonly adminApiKey: string
  readonly otlpUrl: string
}

export interface Replica {
  readonly service: ServiceName
  /** From 0. */
  readonly index: number
  /** Only the API has one. */
  readonly url?: string
  readonly opsUrl: string
}

/** The replica's addresses: the same for its whole life, however often it is restarted. */
export function replicaOf(service: ServiceName, index: number, ports: Ports): Replica {
  const { http, ops } = portsOf(index, ports)
  const opsUrl = `http://127.0.0.1:${service === 'signer' ? ports.signer : ops[service]}`
  return { service, index, opsUrl, ...(service === 'api' && { url: `http://127.0.0.1:${http}` }) }
}

/** Starts one service process, without waiting until it is ready. */
export async function startReplica(replica: Replica, around: ServiceSurroundings): Promise<ManagedProcess> {
  const name = replica.index === 0 ? replica.service : `${replica.service}-${replica.index + 1}`
  return await startApp({
    folder: join(around.appsFolder, replica.service),
    name,
    env: { ...LOCAL_DEFAULTS, ...inherited(), ...common(replica, around), ...ownOf(replica, around) },
    logFile: join(around.dataFolder, 'logs', `${name}.log`),
  })
}

/** Applies the migrations, as the job before a deployment would. */
export async function migrateDatabase(
  around: Pick<ServiceSurroundings, 'appsFolder' | 'dataFolder' | 'databaseUrl' | 'databaseRoles'>,
) {
  const child = await startApp({
    folder: join(around.appsFolder, 'cli'),
    name: 'migrate',
    args: ['dist/main.js', 'migrate', ...(around.databaseRoles ? ['--roles'] : [])],
    env: { ...inherited(), DATABASE_URL: around.databaseUrl },
    logFile: join(around.dataFolder, 'logs', 'migrate.log'),
  })
  const how = await child.exited
  if (how !== 'exit code 0') throw new Error(`The migrations failed (${how}):\n${child.logTail()}`)
}

// Defaults: the demo merchant listens on loopback, nothing is limited, and the local chain's coin costs nothing.
const LOCAL_DEFAULTS = {
  WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8',
  RATE_LIMIT_PER_MINUTE: '0',
  MAX_OPEN_PAYMENTS: '0',
  MAX_PAYMENTS_PER_DAY: '0',
  SIGNER_ALLOW_RESCUE: 'true',
  SIGNER_TRANSACTIONS_PER_HOUR: '1000000',
  SIGNER_SPEND_PER_HOUR: `${LOCAL_CHAIN_ID}=${10n ** 27n}`,
}
/** The most that the path of a Unix socket may have on every system. */
const SOCKET_PATH_MAX = 100

const KEYS = ['DEPOSIT_MNEMONIC', 'DEPOSIT_XPUB', 'GAS_WALLET_PRIVATE_KEY', 'SECRETS_KEY', 'ADMIN_API_KEY']
/** Settings that the stack reads from files and passes on by value; a service refuses to have both. */
const TOLD_BY_FILE = ['DATABASE_URL', 'NATS_URL', ...KEYS].map((name) => `${name}_FILE`)

/** The user's environment, so that any setting can be tried (LOG_LEVEL=debug npm start), without keys. */
function inherited(): NodeJS.ProcessEnv {
  const dropped = [...KEYS, ...TOLD_BY_FILE]
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !dropped.includes(name)))
}

function common(replica: Replica, around: ServiceSurroundings): NodeJS.ProcessEnv {
  const everywhere = {
    CHAINS_FILE: around.chainsFile,
    HOST: '127.0.0.1',
    OPS_PORT: new URL(replica.opsUrl).port,
  }
  if (replica.service === 'signer') return everywhere
  return {
    ...everywhere,
    DATABASE_URL: databaseUrlOf(replica.service, around),
    NATS_URL: around.natsUrl,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: around.otlpUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: String(TRACE_EXPORT_DELAY_MS),
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  }
}

/** As in production each service has only the rights that it needs (packages/db/prisma/roles.sql). */
function databaseUrlOf(service: ServiceName, { databaseUrl, databaseRoles }: ServiceSurroundings): string {
  if (!databaseRoles) return databaseUrl
  const url = new URL(databaseUrl)
  url.username = `ctrip_${service.replaceAll('-', '_')}`
  return url.toString()
}

/** Each service gets only the keys that it needs. */
function ownOf(replica: Replica, around: ServiceSurroundings): NodeJS.ProcessEnv {
  switch (replica.service) {
    case 'api':
      return {
        PORT: String(portsOf(replica.index, around.ports).http),
        PUBLIC_URL: `http://127.0.0.1:${portsOf(0, around.ports).http}`,
        DEPOSIT_XPUB: accountXpub(around.depositMnemonic),
        SECRETS_KEY: around.secretsKey,
        ADMIN_API_KEY: around.adminApiKey,
      }
    case 'scanner':
      return {}
    case 'sweeper':
      return { SIGNER_SOCKET: signerSocket(around.dataFolder) }
    case 'signer':
      return {
        SIGNER_SOCKET: signerSocket(around.dataFolder),
        SIGNER_LOG_PATH: join(privateFolder(join(around.dataFolder, 'signer')), 'signatures.jsonl'),
        DEPOSIT_MNEMONIC: around.depositMnemonic,
        GAS_WALLET_PRIVATE_KEY: around.gasWalletPrivateKey,
      }
    case 'webhook-dispatcher':
      return { SECRETS_KEY: around.secretsKey }
  }
}

/** In the data folder, or in the system's folder of temporary files where that path would be too long for a socket. */
function signerSocket(dataFolder: string): string {
  const path = join(dataFolder, 'signer', 'socket')
  if (Buffer.byteLength(path) <= SOCKET_PATH_MAX) return path
  const name = createHash('sha256').update(dataFolder).digest('hex').slice(0, 16)
  return join(privateFolder(join(tmpdir(), `ctrip-signer-${name}`)), 'socket')
}

function privateFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  return path
}

function portsOf(index: number, ports: Ports) {
  const found = ports.replicas[index]
  if (!found) throw new RangeError(`no ports were laid out for replica ${index}`)
  return found
}
