import { moveCursor, readChainState, startChain } from '@ctrip/db/chains/chain-state'
import { insertBlock } from '@ctrip/db/chains/scanned-blocks'
import { type Database, openDatabase } from '@ctrip/db/database/database'
import { transaction } from '@ctrip/db/database/transaction'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { keepLease, type LeaseKeeper } from '@ctrip/db/leases/lease-keeper'
import { writerLease } from '@ctrip/db/leases/lease-names'
import { type Hash, parseHash } from '@ctrip/domain/hash'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { type Ledger, openLedger } from './support/ledger'
import { stopServers } from './support/servers'
import { startTcpProxy, type TcpProxy } from './support/tcp-proxy'

const CHAINS = [1, 2, 3, 4, 5, 6, 7, 8, 9]
/** Each statement takes 300 ms: a commit of thirteen of them outlasts a lease of three seconds. */
const ONE_WAY_MS = 150
const STATEMENTS = 8
const BLOCKS = 2

describe('nine writers on a database that answers slowly', () => {
  let ledger: Ledger
  let network: TcpProxy
  let slow: Database
  const keepers: LeaseKeeper[] = []

  beforeAll(async () => {
    ledger = await openLedger()
    const address = new URL(ledger.url)
    network = await startTcpProxy({ host: address.hostname, port: Number(address.port) })
    address.port = String(network.port)
    network.delay(ONE_WAY_MS)
    // No larger than the number of writers: their work holds every connection.
    slow = openDatabase({ url: address.toString(), applicationName: 'test', poolSize: 9, slowQueryMs: 60_000 })
    for (const chainId of CHAINS) await begin(chainId)
  })
  afterAll(async () => {
    network.delay(0)
    await Promise.all(keepers.map((keeper) => keeper.stop()))
    await slow.close()
    await network.close()
    await ledger.close()
    await stopServers()
  })

  it('commit block after block, each under the epoch that it began with', async () => {
    const epochs = await Promise.all(CHAINS.map((chainId) => write(chainId)))
    for (const chainId of CHAINS) expect((await stateOf(chainId)).cursor.number).toBe(BLOCKS)
    expect(epochs).toEqual(CHAINS.map(() => 1n))
  }, 120_000)

  it('give up to a standby within 10 s when they stop renewing', async () => {
    network.cut()
    const standby = keepLease(ledger.db, { name: writerLease(1), owner: 'standby' })
    await standby.start()
    await waitUntil('a takeover', 10_000, async () => standby.current() !== null)
    expect(standby.current()?.epoch).toBe(2n)
    await standby.stop()
    network.mend()
  }, 60_000)

  async function begin(chainId: number): Promise<void> {
    const parent = { number: 0, hash: hashOf(chainId, 0) }
    const start = { chainId, chain: `chain-${chainId}`, parent, time: new Date() }
    await transaction(ledger.db, 'test.start', (tx) => startChain(tx, start))
  }

  async function stateOf(chainId: number) {
    const state = await readChainState(ledger.db.prisma, chainId)
    if (state === null) throw new Error('not started')
    return state
  }

  /** Statements as slow and as many as a block with payments has. Returns the epoch at the end. */
  async function write(chainId: number): Promise<bigint | undefined> {
    const keeper = keepLease(slow, { name: writerLease(chainId), owner: 'writer' })
    keepers.push(keeper)
    await keeper.start()
    for (let number = 1; number <= BLOCKS; number++) {
      const lease = keeper.current()
      if (lease === null) throw new Error(`chain ${chainId} has lost its writer`)
      const block = { number, hash: hashOf(chainId, number), parentHash: hashOf(chainId, number - 1), time: new Date() }
      await commit({ db: slow, lease }, 'test.block', async (tx) => {
        for (let statement = 0; statement < STATEMENTS; statement++) await tx.$executeRaw`SELECT 1`
        await moveCursor(tx, chainId, block.parentHash, block)
        await insertBlock(tx, chainId, { ...block, trust: 'proven' })
      })
    }
    return keeper.current()?.epoch
  }
})

function hashOf(chainId: number, number: number): Hash {
  const hash = parseHash(`0x${chainId.toString(16).padStart(32, '0')}${number.toString(16).padStart(32, '0')}`)
  if (hash === null) throw new Error('not a hash')
  return hash
}
