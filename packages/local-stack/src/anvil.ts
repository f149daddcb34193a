import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { HDNodeWallet, Mnemonic } from 'ethers'
import { freePort } from './free-port'
import { startProcess } from './managed-process'
import type { Server, ServerOptions } from './server'
import { serverFolder } from './server-folder'
import { untilReady } from './until-ready'

const READY_TIMEOUT_MS = 15_000
const STOP_TIMEOUT_MS = 8_000
const CALL_TIMEOUT_MS = 2_000
const BALANCE_ETH = 1_000_000
// A killed Anvil restarts this much in the past, which its clients see as a reorg. Each dump rewrites the whole chain, about 2 kB a block.
const STATE_INTERVAL_SECONDS = 2
// States of past blocks on disk, for tracing: a scanner may be away for minutes. (`--prune-history` keeps more in memory, not less.)
const PERSISTED_STATES_MAX = 300

export interface AnvilOptions extends ServerOptions {
  /** Seconds between blocks. Without: a block for each transaction. */
  readonly blockTime?: number
  /** Default: 31337. */
  readonly chainId?: number
  /** Default: prague, the first with EIP-7702. */
  readonly hardfork?: string
  /** `finalized` is two epochs behind `latest`. Default: 32 slots. */
  readonly slotsInAnEpoch?: number
  /** The funded account's. Default: a new one; never Anvil's well-known mnemonic, whose accounts everybody holds. */
  readonly mnemonic?: string
}

export interface Anvil extends Server {
  readonly fundedAddress: string
  readonly fundedPrivateKey: string
  /** Stops mining until the next start. */
  readonly pauseMining: () => Promise<void>
}

/** Starts an Anvil chain with one funded account; with `folder` it continues where it was stopped. */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const { folder, leave } = serverFolder(options.folder)
  const port = options.port ?? (await freePort())
  const pastStates = join(folder, 'anvil-states')
  rmSync(pastStates, { recursive: true, force: true }) // of a killed Anvil: the next one does not read them
  const mnemonic = options.mnemonic ?? newMnemonic()
  const child = await startProcess({
    name: 'anvil',
    command: anvilBinary(),
    args: [...chainArgs(options, mnemonic), '--port', String(port), ...stateArgs(options.folder, pastStates)],
    cwd: folder,
    logFile: join(folder, 'logs', 'anvil.log'),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: STOP_TIMEOUT_MS,
    deathSignal: 'TERM', // time to write its state
  })
  const url = `http://127.0.0.1:${port}`
  await untilReady(child, READY_TIMEOUT_MS, () => call(url, 'eth_chainId'))
  const account = HDNodeWallet.fromPhrase(mnemonic)
  const funded = { fundedAddress: account.address, fundedPrivateKey: account.privateKey }
  const pauseMining = async () => {
    await call(url, 'evm_setIntervalMining', [0])
  }
  return { ...child, ...funded, url, pauseMining, stop: leave(child) }
}

export function newMnemonic(): string {
  return Mnemonic.fromEntropy(randomBytes(16)).phrase
}

function chainArgs(options: AnvilOptions, mnemonic: string): string[] {
  return [
    ...['--host', '127.0.0.1', '--quiet', '--no-request-size-limit'],
    ...['--mnemonic', mnemonic, '--accounts', '1', '--balance', String(BALANCE_ETH)],
    ...['--hardfork', options.hardfork ?? 'prague'],
    ...['--slots-in-an-epoch', String(options.slotsInAnEpoch ?? 32)],
    ...(options.chainId === undefined ? [] : ['--chain-id', String(options.chainId)]),
    ...(options.blockTime === undefined ? [] : ['--block-time', String(options.blockTime)]),
  ]
}

function stateArgs(folder: string | undefined, pastStates: string): string[] {
  const bounds = ['--cache-path', pastStates, '--max-persisted-states', String(PERSISTED_STATES_MAX)]
  if (folder === undefined) return bounds
  return [...bounds, '--state', join(folder, 'anvil.json'), '--state-interval', String(STATE_INTERVAL_SECONDS)]
}

/** Runs the binary itself, because the npm package is a launcher that would stay as its parent. */
function anvilBinary(): string {
  const launcher = dirname(require.resolve('@foundry-rs/anvil/package.json'))
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  return require.resolve(`@foundry-rs/anvil-${process.platform}-${arch}/bin/anvil`, { paths: [launcher] })
}

async function call(url: string, method: string, params: unknown[] = []): Promise<boolean> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  })
  return response.ok
}
