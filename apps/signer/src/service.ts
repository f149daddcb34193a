import { REFUSALS } from '@ctrip/signer-protocol/messages'
import type { LogEntry } from '@ctrip/signer-protocol/signature-log'
import type { SignerConfig } from './config'
import { openDepositWallet } from './keys/deposit-wallet'
import { openGasWallet } from './keys/digest-signer'
import type { Log } from './log'
import { logEntries, refusals } from './metrics'
import { hourlyLimits } from './policy/hourly-limits'
import type { Deployment } from './policy/judge'
import { type Listen, type SignServer, startSignServer } from './sign-server'
import { openSignatureFile } from './signature-file'
import { createSigner } from './signer'
import { signingHistory } from './signing-history'

/** Unless configured, a chain's gas wallet may spend this much gas at the chain's own ceiling: one coin at the default of 200 gwei. */
const GAS_PER_HOUR = 5_000_000n

/** Problems that only the operator can solve: exit code 2. */
export class StartupError extends Error {
  override readonly name = 'StartupError'

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'))
  }
}

export interface Service {
  readonly server: SignServer
  stop(): Promise<void>
}

/** Opens the keys, reads the whole log, and listens. After `onLogFailure` it signs nothing more: the process must end. */
export async function startSigner(
  config: SignerConfig,
  log: Log,
  onLogFailure: (error: unknown) => void,
): Promise<Service> {
  const listen = listenOf(config)
  const deposits = openDepositWallet(config.DEPOSIT_MNEMONIC)
  const gasWallet = openGasWallet(config.GAS_WALLET_PRIVATE_KEY)
  const problems = [
    ...(listen === null
      ? ['set SIGNER_SOCKET, or SIGNER_PORT with SIGNER_TLS_CERT, SIGNER_TLS_KEY and SIGNER_TLS_CA']
      : []),
    ...(deposits === null ? ['DEPOSIT_MNEMONIC is no BIP-39 mnemonic: a word or the checksum is wrong'] : []),
    ...(gasWallet === null ? ['GAS_WALLET_PRIVATE_KEY is no private key: 32 bytes of hex are'] : []),
  ]
  if (listen === null || deposits === null || gasWallet === null) throw new StartupError(problems)
  const own = config.CHAINS_FILE.filter(({ treasury }) => treasury === gasWallet.address)
  if (own.length > 0) throw new StartupError(own.map(({ name }) => `the treasury of ${name} is the gas wallet`))

  const limits = hourlyLimits({
    transactionsPerHour: config.SIGNER_TRANSACTIONS_PER_HOUR,
    spendPerHour: spendPerHour(config),
  })
  const history = signingHistory(knownBatchers(config))
  const noteEntry = (entry: LogEntry) => {
    history.note(entry)
    const spending = spendingOf(entry)
    if (spending !== null) limits.note(spending)
  }
  const opened = await openSignatureFile(config.SIGNER_LOG_PATH, noteEntry, onLogFailure)
  if (!opened.ok) throw new StartupError([`SIGNER_LOG_PATH: ${opened.problem}; restore it, or find out who changed it`])
  const { file, tornBytes } = opened
  if (tornBytes > 0) log.warn({ bytes: tornBytes }, 'signer.torn_line_cut')
  logEntries.set({}, file.state().entries)
  for (const rule of REFUSALS) refusals.inc({ rule }, 0)
  const allowsRescue = config.SIGNER_ALLOW_RESCUE
  const signer = createSigner({
    chains: config.CHAINS_FILE,
    allowsRescue,
    deposits,
    gasWallet,
    limits,
    history,
    file,
    log,
    now: () => new Date(),
  })
  const server = await startSignServer(signer, listen, log)
  return {
    server,
    async stop() {
      await server.close()
      await file.close()
    },
  }
}

function listenOf(config: SignerConfig): Listen | null {
  const {
    SIGNER_SOCKET: path,
    SIGNER_PORT: port,
    SIGNER_TLS_CERT: cert,
    SIGNER_TLS_KEY: key,
    SIGNER_TLS_CA: ca,
  } = config
  if (path !== undefined && port === undefined) return { kind: 'socket', path }
  if (path !== undefined || port === undefined) return null
  if (cert === undefined || key === undefined || ca === undefined) return null
  return { kind: 'tls', port, host: config.HOST, cert, key, ca }
}

/** In base units of the chain's coin. A chain that is not configured is not signed for: it may spend nothing. */
function spendPerHour({ CHAINS_FILE, SIGNER_SPEND_PER_HOUR }: SignerConfig): (chainId: number) => bigint {
  const byChain = new Map(CHAINS_FILE.map(({ chainId, gasPriceMax }) => [chainId, GAS_PER_HOUR * gasPriceMax]))
  for (const { chainId, value } of SIGNER_SPEND_PER_HOUR) byChain.set(chainId, value)
  return (chainId) => byChain.get(chainId) ?? 0n
}

/** The operator's word is for the treasury that is configured beside it. */
function knownBatchers({ CHAINS_FILE, SIGNER_KNOWN_BATCHERS }: SignerConfig): ({ chainId: number } & Deployment)[] {
  return CHAINS_FILE.flatMap(({ chainId, treasury }) =>
    SIGNER_KNOWN_BATCHERS.flatMap((known) =>
      known.chainId === chainId ? [{ chainId, batcher: known.value, treasury }] : [],
    ),
  )
}

function spendingOf(entry: LogEntry) {
  if (entry.kind !== 'transaction' || entry.account_kind !== 'gas_wallet') return null
  const wei = BigInt(entry.value) + BigInt(entry.gas_limit) * BigInt(entry.gas_price)
  return { chainId: entry.chain_id, nonce: entry.nonce, wei, atMs: Date.parse(entry.at) }
}
