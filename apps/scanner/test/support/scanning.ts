import { rateBookOf } from '@ctrip/chain/rate-book'
import { isBlockAccepted } from '@ctrip/db/chains/accepted-blocks'
import type { ChainState } from '@ctrip/db/chains/chain-state'
import { readChainState } from '@ctrip/db/chains/chain-state'
import { writerLease } from '@ctrip/db/leases/lease-names'
import type { Payment } from '@ctrip/domain/payment/payment'
import { createLogger, type Logger } from '@ctrip/telemetry/logger'
import { catchUp } from '../../src/catch-up'
import type { ChainDeps } from '../../src/chain'
import { rpcSource } from '../../src/rpc-source'
import { BLOCKS_PER_CYCLE_MAX } from '../../src/scan-blocks'
import { scanCycle } from '../../src/scan-chain'
import { settleTraceDebts } from '../../src/settle-trace-debts'
import { type Ledger, openLedger } from './ledger'
import { type LocalChain, type LocalChainOptions, startLocalChain } from './local-chain'
import { noReport } from './no-report'
import { stopServers } from './servers'

const CYCLES_MAX = 400

/** A scanner's work on a real chain and a real ledger, one cycle at a time. */
export interface Scanning {
  readonly ledger: Ledger
  readonly local: LocalChain
  readonly deps: ChainDeps
  /** What was logged, oldest first. */
  readonly logged: Record<string, unknown>[]
  /** Cycles until there is nothing more to scan. */
  scan(): Promise<void>
  cycle(): Promise<'idle' | 'more'>
  /** Asks again for the traces that are owed, whether their time has come or not. */
  settleDebts(): Promise<void>
  /** Sends native coin, in a block of its own; returns the transaction's hash. */
  pay(to: { readonly address: string }, value: bigint): Promise<string>
  /** Sends native coin that is mined with the next block. */
  submit(to: { readonly address: string }, value: bigint): Promise<string>
  state(): Promise<ChainState>
  payment(id: Payment['id']): Promise<Payment>
  close(): Promise<void>
}

export interface ScanningOptions extends LocalChainOptions {
  /** Before the first scan, which decides where scanning begins. */
  readonly prepare?: (local: LocalChain) => Promise<void>
  /** Milliseconds, by which the telling of progress goes. */
  readonly clock?: () => number
}

export async function openScanning(options: ScanningOptions = {}): Promise<Scanning> {
  const ledger = await openLedger()
  const local = await startLocalChain(options)
  await options.prepare?.(local)
  const logged: Record<string, unknown>[] = []
  const deps = chainDeps(ledger, local, logInto(logged), options.clock)
  async function cycle(): Promise<'idle' | 'more'> {
    const lease = await ledger.lease(writerLease(local.chain.chainId))
    return scanCycle(deps, { current: () => lease }, new AbortController().signal)
  }
  async function scan(): Promise<void> {
    for (let cycles = 0; cycles < CYCLES_MAX; cycles++) if ((await cycle()) === 'idle') return
    throw new Error('scanning does not come to an end')
  }
  async function settleDebts(): Promise<void> {
    const lease = await ledger.lease(writerLease(local.chain.chainId))
    await ledger.db.prisma.trace_debts.updateMany({ data: { next_attempt_at: new Date(0) } })
    await settleTraceDebts(deps, { current: () => lease }, new AbortController().signal)
  }
  async function pay(to: { address: string }, value: bigint): Promise<string> {
    const sent = await local.payer.sendTransaction({ to: to.address, value })
    await sent.wait()
    return sent.hash
  }
  await scan()
  return {
    ...{ ledger, local, deps, logged, cycle, settleDebts, scan, pay },
    submit: async (to, value) => (await local.payer.sendTransaction({ to: to.address, value })).hash,
    async state() {
      const state = await readChainState(ledger.db.prisma, local.chain.chainId)
      if (state === null) throw new Error('not scanned yet')
      return state
    },
    payment: async (id) => (await ledger.read(id)).payment,
    async close() {
      await local.stop()
      await ledger.close()
      await stopServers()
    },
  }
}

function chainDeps(ledger: Ledger, { chain, pool }: LocalChain, log: Logger, clock?: () => number): ChainDeps {
  const source = rpcSource(chain, pool, log, (hash) => isBlockAccepted(ledger.db.prisma, chain.chainId, hash))
  const progress = catchUp(log, chain.name, BLOCKS_PER_CYCLE_MAX, clock)
  return {
    chain,
    source,
    db: ledger.db,
    log,
    catchUp: progress,
    report: noReport,
    wakeRelay: () => undefined,
    rateBook: rateBookOf([chain]),
  }
}

function logInto(logged: Record<string, unknown>[]): Logger {
  return createLogger(
    { service: 'test', level: 'info' },
    { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
  )
}
