import { readFactsOf } from '@ctrip/db/chains/chain-observations'
import { chainStanding } from '@ctrip/domain/chain-standing'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { type ChainScanner, scanChain } from '../src/scan-chain'
import { foreignHashes } from './support/behaviours'
import { openScanning, type Scanning } from './support/scanning'

const WITHIN_MS = 20_000
const FOREIGN = `0x${'ab'.repeat(32)}`

describe('two providers that contradict each other about the newest block, with a quorum of two', () => {
  let scanning: Scanning
  let scanner: ChainScanner

  beforeAll(async () => {
    scanning = await openScanning({ proxies: 2, settings: { quorum: 2, internal_transfers: 'none' } })
    scanner = scanChain(scanning.deps, 'test', scanning.local.pool)
    await scanner.start()
  })
  afterAll(async () => {
    await scanner.stop()
    await scanning.close()
  })

  it('stall the chain with both hashes and both providers, though no payment waits', async () => {
    scanning.local.proxies[1]?.behave(foreignHashes())
    await scanning.local.mine(1)
    await waitUntil('a failure', WITHIN_MS, async () => (await failure()) !== null)
    const first = await failure()
    await scanning.local.mine(2)
    await waitUntil('a later block', WITHIN_MS, async () => (await failure())?.reason !== first?.reason)
    // The same disagreement, at whatever block: it is as old as its first block.
    expect(Math.abs(Number((await failure())?.since) - Number(first?.since))).toBeLessThan(2_000)
    await scanning.ledger.db.prisma
      .$executeRaw`UPDATE chain_observations SET failing_since = failing_since - interval '1 minute'`
    const { number, hash } = (await scanning.state()).cursor
    const { stalled } = chainStanding(await facts())
    const claims = `block ${number}: ${hash} (proxy-0), ${FOREIGN} (proxy-1); 1 of the quorum of 2`
    expect(stalled?.reason).toContain(`the providers do not agree on ${claims}`)
    expect(stalled?.providers.map(({ name }) => name)).toEqual(['proxy-0', 'proxy-1'])
  }, 60_000)

  it('stall it no longer when they agree', async () => {
    scanning.local.proxies[1]?.behave(null)
    await waitUntil('a good cycle', WITHIN_MS, async () => (await failure()) === null)
  }, 60_000)

  function facts() {
    return readFactsOf(scanning.ledger.db.prisma, scanning.local.chain.chainId)
  }

  async function failure() {
    return (await facts()).observation?.failure ?? null
  }
})
