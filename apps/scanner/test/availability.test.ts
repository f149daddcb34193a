import { writerLease } from '@ctrip/db/leases/lease-names'
import type { Payment } from '@ctrip/domain/payment/payment'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { type Ledger, openLedger } from './support/ledger'
import { type LocalChain, startLocalChain } from './support/local-chain'
import { type ScannerProcess, startScanner } from './support/scanner-process'
import { stopServers } from './support/servers'
import { startTcpProxy, type TcpProxy } from './support/tcp-proxy'

const ETHER = 10n ** 18n
const TAKEOVER_MS_MAX = 5_000
const START_MS_MAX = 30_000

describe('two scanners of one chain', () => {
  let ledger: Ledger
  let local: LocalChain
  let network: TcpProxy
  const running = new Set<ScannerProcess>()

  beforeAll(async () => {
    ledger = await openLedger()
    local = await startLocalChain({ settings: { block_time_ms: 400 } })
    const { hostname, port } = new URL(ledger.url)
    network = await startTcpProxy({ host: hostname, port: Number(port) })
  })
  afterEach(async () => {
    await Promise.all([...running].map((scanner) => scanner.stop()))
    running.clear()
    await ledger.db.prisma.leases.deleteMany()
  })
  afterAll(async () => {
    await network.close()
    await local.stop()
    await ledger.close()
    await stopServers()
  })

  it('go on within 5 s when the leader is killed', async () => {
    const { leader, standby } = await startBoth()
    const before = await expectCreditedOnce()
    leader.signal('SIGKILL')
    await expectTakeover(standby)
    await expectCreditedOnce()
    await expectUntouched(before)
  }, 60_000)

  it('go on within 5 s when the leader is paused, and refuse what it still does when it wakes', async () => {
    const { leader, standby } = await startBoth()
    const before = await expectCreditedOnce()
    leader.signal('SIGSTOP')
    await expectTakeover(standby)
    const meanwhile = await expectCreditedOnce()
    leader.signal('SIGCONT')
    await waitUntil('the former leader stands by', 10_000, async () => lastHeld(leader) === false)
    const after = await expectCreditedOnce()
    expect(await owner()).toBe(standby.pid)
    for (const payment of [before, meanwhile, after]) await expectUntouched(payment)
  }, 60_000)

  it('go on within 5 s when the leader is cut off from Postgres, and are two again when the network is back', async () => {
    const { leader, standby } = await startBoth()
    const before = await expectCreditedOnce()
    network.cut()
    await expectTakeover(standby)
    const meanwhile = await expectCreditedOnce()
    network.mend()
    await waitUntil('the former leader stands by', 10_000, async () => lastHeld(leader) === false)
    await expectUntouched(before)
    await expectUntouched(meanwhile)
    standby.signal('SIGKILL')
    await expectTakeover(leader)
    await expectCreditedOnce()
  }, 60_000)

  /** The leader reaches Postgres through `network`, the standby directly. */
  async function startBoth(): Promise<{ leader: ScannerProcess; standby: ScannerProcess }> {
    const throughNetwork = new URL(ledger.url)
    throughNetwork.port = String(network.port)
    const leader = startOne(throughNetwork.toString())
    await waitUntil('a leader', START_MS_MAX, async () => (await owner()) === leader.pid)
    const standby = startOne(ledger.url)
    await waitUntil('a standby', START_MS_MAX, async () => standby.logged.some(({ msg }) => msg === 'service.started'))
    return { leader, standby }
  }

  function startOne(databaseUrl: string): ScannerProcess {
    const scanner = startScanner({ databaseUrl, chainsYaml: local.yaml })
    running.add(scanner)
    return scanner
  }

  async function expectTakeover(by: ScannerProcess): Promise<void> {
    const since = Date.now()
    await waitUntil('a takeover', 2 * TAKEOVER_MS_MAX, async () => (await owner()) === by.pid)
    expect(Date.now() - since).toBeLessThanOrEqual(TAKEOVER_MS_MAX)
  }

  async function expectCreditedOnce(): Promise<Payment> {
    const payment = await ledger.newPayment({})
    await (await local.payer.sendTransaction({ to: payment.address, value: ETHER })).wait()
    await local.mine(2)
    await waitUntil(
      'a confirmed payment',
      10_000,
      async () => (await ledger.read(payment.id)).payment.status === 'confirmed',
    )
    await expectUntouched(payment)
    return payment
  }

  async function expectUntouched({ id }: Payment): Promise<void> {
    const { payment, transfers } = await ledger.read(id)
    expect(transfers).toHaveLength(1)
    expect(payment).toMatchObject({ amountReceived: ETHER, amountConfirmed: ETHER })
    expect(await ledger.eventTypes(id)).toEqual(['payment.created', 'payment.detected', 'payment.confirmed'])
  }

  /** The pid of whoever holds the chain's lease, by the database's clock. */
  async function owner(): Promise<number | null> {
    const rows = await ledger.db.prisma.$queryRaw<{ owner: string }[]>`
      SELECT owner FROM leases WHERE name = ${writerLease(local.chain.chainId)} AND lease_until > clock_timestamp()`
    return rows[0] === undefined ? null : Number(rows[0].owner.split(':').at(-1))
  }

  function lastHeld({ logged }: ScannerProcess): unknown {
    return logged.findLast(({ msg }) => msg === 'scanner.lease')?.['held']
  }
})
