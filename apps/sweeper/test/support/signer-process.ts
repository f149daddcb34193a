import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contractsAt } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import { toChecksum } from '@ctrip/domain/address'
import type { Ledger } from './ledger'
import type { LocalChain } from './local-chain'

const COMPILER = join(__dirname, '../../../../packages/telemetry/test/fixtures/compile-typescript.cjs')
const MAIN = join(__dirname, '../../../signer/src/main.ts')

/** The signer of a test's wallets, in a process of its own. */
export interface SignerProcess {
  readonly socket: string
  /** Ends it without a word. The folder with its log stays: `start` reads it. */
  kill(): Promise<void>
  start(): void
  remove(): void
}

export function startSigner(ledger: Ledger, local: LocalChain): SignerProcess {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-signer-'))
  const socket = join(folder, 'socket')
  writeFileSync(join(folder, 'chains.yaml'), local.yaml(local.url))
  const run = () =>
    spawn(process.execPath, ['--conditions=@ctrip/source', '--require', COMPILER, MAIN], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        ...{ DEPOSIT_MNEMONIC: ledger.mnemonic, GAS_WALLET_PRIVATE_KEY: local.gasWalletKey },
        ...{ CHAINS_FILE: join(folder, 'chains.yaml'), SIGNER_SOCKET: socket },
        ...{ SIGNER_LOG_PATH: join(folder, 'signatures.jsonl'), SIGNER_SPEND_PER_HOUR: `31337=${10n ** 24n}` },
        SIGNER_KNOWN_BATCHERS: `31337=${toChecksum(contractsAt(local.gasWallet.address, 0).batcher)}`,
        ...{ OPS_PORT: '0', HOST: '127.0.0.1' },
      },
    })
  let child = run()
  return {
    socket,
    async kill() {
      const exited = once(child, 'exit')
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await exited
    },
    start() {
      child = run()
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
