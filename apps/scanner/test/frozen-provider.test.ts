import { readFactsOf } from '@ctrip/db/chains/chain-observations'
import { type ChainStanding, chainStanding, stallPatienceMs } from '@ctrip/domain/chain-standing'
import type { Payment } from '@ctrip/domain/payment/payment'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { type Ledger, openLedger } from './support/ledger'
import { type LocalChain, startLocalChain } from './support/local-chain'
import { type ScannerProcess, startScanner } from './support/scanner-process'
import { stopServers } from './support/servers'
import { startTcpProxy, type TcpProxy } from './support/tcp-proxy'

const ETHER = 10n ** 18n
const BLOCK_TIME_MS = 400
const START_MS_MAX = 30_000
/** The patience, the time limits of the requests that were under way, and a slow machine. */
const STALLED_MS_MAX = stallPatienceMs(BLOCK_TIME_MS) + 60_000
const THAWED_MS_MAX = 60_000

describe('a scanner whose only provider accepts connections and never responds', () => {
  let ledger: Ledger
  let local: LocalChain
  let network: TcpProxy
  let scanner: ScannerProcess

  beforeAll(async () => {
    ledger = await openLedger()
    local = await startLocalChain({ settings: { block_time_ms: BLOCK_TIME_MS, internal_transfers: 'none' } })
    const { hostname, port } = new URL(local.anvil.url)
    network = await startTcpProxy({ host: hostname, port: Number(port) })
    const chainsYaml = local.yaml.replaceAll(local.anvil.url, `http://127.0.0.1:${network.port}`)
    scanner = startScanner({ databaseUrl: ledger.url, chainsYaml })
  })
  afterAll(async () => {
    await scanner.stop()
    await network.close()
    await local.stop()
    await ledger.close()
    await stopServers()
  })

  it('calls the chain stalled, with the reason, and names the provider', async () => {
    await waitForStatus(await pay(), 'detected', START_MS_MAX)
    network.cut()
    const { stalled } = await waitForStanding('a stall', STALLED_MS_MAX, (standing) => standing.stalled !== null)
    expect(stalled?.reason).toMatch(/^no provider answers \(local: /)
    expect(stalled?.providers).toMatchObject([{ name: 'local', head: null }])
  }, 180_000)

  it('credits the payments of the meantime when the provider thaws, in the same process', async () => {
    const payment = await pay()
    network.mend()
    await waitForStatus(payment, 'detected', THAWED_MS_MAX)
    await waitForStanding('the end of the stall', THAWED_MS_MAX, (standing) => standing.stalled === null)
    expect(scanner.child.exitCode).toBeNull()
  }, 180_000)

  async function pay(): Promise<Payment> {
    const payment = await ledger.newPayment({})
    await (await local.payer.sendTransaction({ to: payment.address, value: ETHER })).wait()
    return payment
  }

  async function waitForStatus({ id }: Payment, status: Payment['status'], withinMs: number): Promise<void> {
    await waitUntil(`a payment that is ${status}`, withinMs, async () => {
      return (await ledger.read(id)).payment.status === status
    })
  }

  async function waitForStanding(
    what: string,
    withinMs: number,
    holds: (standing: ChainStanding) => boolean,
  ): Promise<ChainStanding> {
    const read = async () => chainStanding(await readFactsOf(ledger.db.prisma, local.chain.chainId))
    let standing = await read()
    await waitUntil(what, withinMs, async () => {
      standing = await read()
      return holds(standing)
    })
    return standing
  }
})
