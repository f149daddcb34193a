import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from './ports'

export interface ReplicaDescriptor {
  pid: number
  url?: string
  ops_url: string
}

/** pid and ops_url are the first replica's. */
export interface ServiceDescriptor extends ReplicaDescriptor {
  replicas: ReplicaDescriptor[]
}

export interface ChainDescriptor {
  name: string
  chain_id: number
  rpc_url: string
  /** Null on a user's chain, for which the stack has no funded key. */
  pid: number | null
  treasury: string
  funded_private_key: string | null
  funded_address: string | null
  gas_wallet: string
  tokens: { symbol: string; contract: string; decimals: number }[]
  /** Price feeds whose `setAnswer(int256)` the funded account may call; none on a user's chain. */
  feeds: { asset: string; currency: string; contract: string; decimals: number }[]
}

/** `stack.json`: where everything is, and which keys open it. */
export interface StackDescriptor {
  ready: boolean
  api: { url: string }
  services: Record<ServiceName, ServiceDescriptor>
  postgres: { url: string; pid: number | null }
  nats: { url: string; pid: number | null }
  chains: ChainDescriptor[]
  admin_api_key: string
  merchant: { id: string; api_key: string }
  traces: { otlp_url: string; query_url: string }
}

const FILE = 'stack.json'

/** Reads the descriptor of the stack that runs on this folder; throws if none does. */
export function readDescriptor(dataFolder: string): StackDescriptor {
  try {
    return JSON.parse(readFileSync(join(dataFolder, FILE), 'utf8')) as StackDescriptor
  } catch (cause) {
    throw new Error(`No stack runs on ${dataFolder} (no ${FILE} there): start one with npm start`, { cause })
  }
}

/** Replaces the file atomically. It holds keys: 0600. */
export function writeDescriptor(dataFolder: string, descriptor: StackDescriptor): void {
  const file = join(dataFolder, FILE)
  writeFileSync(`${file}.new`, `${JSON.stringify(descriptor, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

export function removeDescriptor(dataFolder: string): void {
  rmSync(join(dataFolder, FILE), { force: true })
}
