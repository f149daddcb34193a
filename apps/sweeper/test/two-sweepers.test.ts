import { RENEW_EVERY_MS } from '@ctrip/db/leases/lease-keeper'
import { LEASE_DURATION_MS } from '@ctrip/db/leases/leases'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { POLL_MS_MAX } from '../src/sweep-chain'
import { openFollowedChain } from './support/followed-chain'
import { keepMining, type Mining } from './support/keep-mining'
import type { Ledger } from './support/ledger'
import type { LocalChain } from './support/local-chain'
import { newTokenPayment, USDC } from './support/payments'
import { type RpcGate, startGate } from './support/rpc-gate'
import { stopServers } from './support/servers'
import { settledOnce } from './support/settled-once'
import { type SignerProcess, startSigner } from './support/signer-process'
import { type SweeperProcess, startSweeper } from './support/sweeper-process'

const TAKEOVER_MS_MAX = 10_000
/** For a machine that does other things as well. */
const PATIENCE_MS = 60_000

describe('two sweepers of one gas wallet', () => {
  let ledger: Ledger
  let local: LocalChain
  let close: () => Promise<void>
  let gate: RpcGate
  let signer: SignerProcess
  let mining: Mining
  const running: SweeperProcess[] = []

  beforeAll(async () => {
    ;({ ledger, local, close } = await openFollowedChain())
    gate = await startGate(local.url)
    signer = startSigner(ledger, local)
    mining = keepMining(ledger, local)
  })

  afterAll(async () => {
    for (const sweeper of running) await sweeper.kill()
    await mining.stop()
    await signer.kill()
    signer.remove()
    await gate.stop()
    await close()
    await stopServers()
  })

  it('take over from each other within 10 s: the lease runs out, the next try gets it, and the next poll at the latest works', () => {
    expect(LEASE_DURATION_MS + RENEW_EVERY_MS + POLL_MS_MAX).toBeLessThan(TAKEOVER_MS_MAX)
  })

  it('the second takes over when the first is stopped while it signs, and the first signs nothing when it wakes', async () => {
    const [first, second] = await startBoth()
    const stopped = stoppedBeforeSigning(first)
    const payment = await newTokenPayment(ledger, local)
    await waitUntil('the first stopped', PATIENCE_MS, stopped)
    await waitUntil('the second took over', PATIENCE_MS, async () => leads(second))
    gate.watch(null)
    first.signal('SIGCONT')
    await waitUntil('the first was refused', PATIENCE_MS, async () => first.logged.some(isRefusal))
    await settledOnce(ledger, local, [payment])
    expect(second.logged.find((entry) => isTakeover(entry) || isSigned(entry))).toMatchObject({ held: true })
    expect(first.logged.find((entry) => isRefusal(entry) || isSigned(entry))).not.toMatchObject({ msg: SIGNED })
    await collectedOnce()
  }, 200_000)

  it('the first takes over again when the second is killed', async () => {
    const [first, second] = running
    if (first === undefined || second === undefined) throw new Error('two are running')
    await second.kill()
    const payment = await newTokenPayment(ledger, local)
    await waitUntil('the first took over', PATIENCE_MS, async () => leads(first))
    await settledOnce(ledger, local, [payment])
    await collectedOnce()
  }, 200_000)

  async function startBoth(): Promise<[SweeperProcess, SweeperProcess]> {
    const first = startSweeper(ledger, local, signer, gate.url)
    running.push(first)
    await waitUntil('the first leads', PATIENCE_MS, async () => leads(first))
    const second = startSweeper(ledger, local, signer, local.url)
    running.push(second)
    await waitUntil('the second stands by', PATIENCE_MS, async () => second.logged.length > 0)
    return [first, second]
  }

  /** Planned is committed; the answer without which it cannot sign has arrived, and is not read before it wakes. */
  function stoppedBeforeSigning(sweeper: SweeperProcess): () => Promise<boolean> {
    let isStopped = false
    gate.watch(async (_method, phase) => {
      if (isStopped || phase === 'asked' || (await ledger.db.prisma.sweeps.count()) === 0) return 'pass'
      isStopped = true
      sweeper.signal('SIGSTOP')
      return 'pass'
    })
    return async () => isStopped
  }

  async function leads({ pid }: SweeperProcess): Promise<boolean> {
    const [lease] = await ledger.db.prisma.leases.findMany({ where: { name: { startsWith: 'gas-wallet:' } } })
    return lease?.owner.endsWith(`:${pid}`) ?? false
  }

  async function collectedOnce(): Promise<void> {
    const sweeps = await ledger.db.prisma.sweeps.count()
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBe(USDC * BigInt(sweeps))
  }
})

type Entry = SweeperProcess['logged'][number]

const SIGNED = 'sweep.signed'

function isSigned({ msg }: Entry): boolean {
  return msg === SIGNED
}

function isTakeover({ msg, held }: Entry): boolean {
  return msg === 'sweeper.lease' && held === true
}

/** By the fence at its commit, or by finding out before it came to that. */
function isRefusal({ msg, held }: Entry): boolean {
  return msg === 'sweeper.lease_lost' || (msg === 'sweeper.lease' && held === false)
}
