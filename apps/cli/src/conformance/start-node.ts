import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort } from '@ctrip/local-stack/free-port'
import { waitUntil } from '@ctrip/local-stack/wait-until'

export const NODE_KINDS = ['geth', 'hardhat', 'anvil'] as const
export type NodeKind = (typeof NODE_KINDS)[number]

/** A node of a chain of its own, with one rich account. */
export interface TestNode {
  readonly url: string
  readonly fundedKey: string
  stop(): Promise<void>
}

interface Recipe {
  /** How to install the program; shown where it is not in PATH. */
  readonly install: string
  /** The program's public development account: everybody has its key. */
  readonly fundedKey: string
  args(port: number, folder: string, periodSeconds: number): readonly string[]
}

const HARDHAT_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

const RECIPES: Readonly<Record<NodeKind, Recipe>> = {
  geth: {
    install: 'go install github.com/ethereum/go-ethereum/cmd/geth@latest',
    fundedKey: '0xb71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291',
    args: (port, folder, period) => [
      ...['--dev', '--dev.period', String(period), '--datadir', folder, '--ipcdisable', '--nodiscover', '--port', '0'],
      ...['--http', '--http.addr', '127.0.0.1', '--http.port', String(port), '--http.api', 'eth,net,web3,debug'],
      ...['--authrpc.port', '0'],
    ],
  },
  hardhat: {
    install: 'npm install hardhat in a folder with a hardhat.config.js, and put its node_modules/.bin into PATH',
    fundedKey: HARDHAT_KEY,
    args: (port) => ['node', '--hostname', '127.0.0.1', '--port', String(port)],
  },
  anvil: {
    install: 'npm install -g @foundry-rs/anvil',
    fundedKey: HARDHAT_KEY,
    args: (port, _folder, period) => [
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--quiet',
      '--block-time',
      String(period),
    ],
  },
}

const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 10_000

/** Starts a node from PATH. Throws with the way to install it where it is not there. */
export async function startNode(kind: NodeKind, periodSeconds: number): Promise<TestNode> {
  const { install, fundedKey, args } = RECIPES[kind]
  if (!inPath(kind)) throw new Error(`${kind} is not in PATH: ${install}`)
  const folder = mkdtempSync(join(tmpdir(), `ctrip-${kind}-`))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const log = openSync(join(folder, 'node.log'), 'a')
  const child = spawn(kind, args(port, join(folder, 'data'), periodSeconds), { stdio: ['ignore', log, log] })
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  const stop = async () => {
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    child.kill('SIGTERM')
    await ended
    clearTimeout(late)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await waitUntil(kind, READY_TIMEOUT_MS, async () => (await rpc(url, 'eth_chainId')) !== null)
    // Hardhat mines a block for each transaction unless it is told to mine by time.
    if (kind === 'hardhat') await rpc(url, 'evm_setIntervalMining', [periodSeconds * 1_000])
    return { url, fundedKey, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function inPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, program)))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The result of a call, whatever it is; null where the node does not answer, or refuses. */
export async function rpc(url: string, method: string, params: readonly unknown[] = []): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(5_000),
  })
  const answer: unknown = await response.json()
  return typeof answer === 'object' && answer !== null && 'result' in answer ? answer.result : null
}
