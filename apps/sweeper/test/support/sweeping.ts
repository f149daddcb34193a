import { openGasWallet } from '@ctrip/chain/signer/gas-wallet'
import { LeaseLostError } from '@ctrip/db/database/errors'
import type { Lease } from '@ctrip/db/leases/leases'
import { createLogger, type LogLevel } from '@ctrip/telemetry/logger'
import { rpcChain } from '../../src/chain/rpc-chain'
import { Conditions } from '../../src/context/conditions'
import { Memory } from '../../src/context/round-memory'
import type { SweepContext } from '../../src/context/sweep-context'
import { sweepRound } from '../../src/sweep-round'
import { followChain } from './follow-chain'
import type { Ledger } from './ledger'
import type { LocalChain } from './local-chain'

/** What the sweeper of a test works with; `hoursAhead` moves its clock. */
export function contextOf(ledger: Ledger, local: LocalChain, hoursAhead = 0): SweepContext {
  const gasWallet = openGasWallet(local.gasWalletKey)
  if (gasWallet === null) throw new Error('no key')
  return {
    config: local.chain,
    chain: rpcChain(local.pool, local.chain, async () => false, new AbortController().signal),
    db: ledger.db,
    keys: {
      deposits: { signer: async (index) => ledger.deposits.signer(index) },
      walletFingerprint: ledger.walletFingerprint,
      gasWallet,
      signsFor: async () => true,
    },
    log: createLogger({ service: 'test', level: (process.env['LOG_LEVEL'] ?? 'silent') as LogLevel }),
    conditions: new Conditions(),
    wakeRelay: () => undefined,
    now: () => new Date(Date.now() + hoursAhead * 3_600_000),
  }
}

/** Blocks until the chain's policy is sure of all that has happened. */
export async function confirmed(ledger: Ledger, local: LocalChain): Promise<void> {
  await local.mine(3)
  await followChain(ledger.db, local.chain, local)
}

/** Rounds, blocks and scans until a round does nothing and no sweep is open. */
export async function swept(ledger: Ledger, local: LocalChain, context = contextOf(ledger, local)): Promise<void> {
  const memory = new Memory()
  for (let n = 0; n < ROUNDS_MAX; n++) {
    const work = (lease: Lease) => sweepRound({ ...context, lease }, memory)
    const outcome = await leased(ledger, work, context.config.chainId).catch(orLost)
    await local.mine(1)
    await followChain(ledger.db, local.chain, local)
    const chain_id = context.config.chainId
    const open = await ledger.db.prisma.sweeps.count({ where: { chain_id, status: { in: ['planned', 'broadcast'] } } })
    const asked = await ledger.db.prisma.operator_requests.count({ where: { chain_id, completed_at: null } })
    if (outcome === 'idle' && open + asked === 0) return
  }
}

/** A round takes longer than a lease lasts where there is much to do: it is renewed meanwhile, as in the service. */
export async function leased<T>(ledger: Ledger, work: (lease: Lease) => Promise<T>, chainId = 31337): Promise<T> {
  const lease = await ledger.lease('test', chainId)
  const renewal = setInterval(() => void ledger.lease('test', chainId).catch(() => null), 1_000)
  try {
    return await work(lease)
  } finally {
    clearInterval(renewal)
  }
}

/** On a busy machine the lease runs out all the same; the service goes on with the next round, too. */
function orLost(error: unknown): 'more' {
  if (!(error instanceof LeaseLostError)) throw error
  return 'more'
}

const ROUNDS_MAX = 40
