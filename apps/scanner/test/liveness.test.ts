import { readFactsOf } from '@ctrip/db/chains/chain-observations'
import { type ChainStanding, chainStanding } from '@ctrip/domain/chain-standing'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { registry } from '@ctrip/telemetry/metrics'
import { z } from 'zod'
import { chainGauges } from '../src/chain-gauges'
import { type ChainScanner, scanChain } from '../src/scan-chain'
import type { Behaviour } from './support/rpc-proxy'
import { openScanning, type Scanning } from './support/scanning'

const WITHIN_MS = 20_000

const withoutReceipts: Behaviour = async (request, ask) =>
  request.method === 'eth_getBlockReceipts' || request.method === 'eth_getTransactionReceipt'
    ? { error: { code: -32052, message: 'see https://plans.example/?key=s3cret: not on the Free tier' } }
    : ask(request)

const blockSchema = z.looseObject({ timestamp: z.string() })

/** As if the newest block were an hour old, as a node shows it that no longer hears of new ones. */
const datedBack: Behaviour = async (request, ask) => {
  const answer = await ask(request)
  if (request.params[0] !== 'latest' || answer === 'silence' || !('result' in answer)) return answer
  const block = blockSchema.parse(answer.result)
  return { result: { ...block, timestamp: `0x${(Number(block.timestamp) - 3_600).toString(16)}` } }
}

describe('what is known of a chain while it stands still', () => {
  let scanning: Scanning
  let scanner: ChainScanner
  let gauges: ReturnType<typeof chainGauges>

  beforeAll(async () => {
    scanning = await openScanning({ proxies: 1 })
    const { deps, local } = scanning
    scanner = scanChain(deps, 'test', local.pool)
    await scanner.start()
    gauges = chainGauges({ db: deps.db, chains: [local.chain], log: deps.log })
    gauges.start()
  })
  afterAll(async () => {
    await Promise.all([scanner.stop(), gauges.stop()])
    await scanning.close()
  })

  it('grows with the head while each cycle fails, and names block, provider and cause', async () => {
    await until('the head', ({ lagBlocks }) => lagBlocks === 0)
    scanning.local.proxies[0]?.behave(withoutReceipts)
    const { cursor } = await scanning.state()
    await scanning.pay(await scanning.ledger.newPayment({}), 1n)
    await scanning.local.mine(4)
    await until('the lag', ({ lagBlocks }) => lagBlocks === 5)
    await waitUntil('a failure', WITHIN_MS, async () => (await facts()).observation?.failure != null)
    await ageCursor()
    const { stalled } = await until('a stall', (standing) => standing.stalled !== null)
    expect(stalled?.reason).toMatch(
      new RegExp(`^block ${cursor.number + 1}: eth_get\\w+ at anvil/proxy-0: .*Free tier`),
    )
    expect(stalled?.reason).not.toMatch(/https|s3cret/)
    expect(stalled?.providers).toEqual([{ name: 'proxy-0', head: cursor.number + 5, error: null }])
    gauges.wake()
    await waitUntil('the gauges', WITHIN_MS, async () => (await metric('chain_stalled')) === 1)
    expect(await metric('scan_lag_blocks')).toBe(5)
    expect(logged('scanner.chain_stalled')).toHaveLength(1)
  }, 60_000)

  it('is over as soon as a block is committed', async () => {
    scanning.local.proxies[0]?.behave(null)
    await until('the end of the stall', ({ stalled, lagBlocks }) => stalled === null && lagBlocks === 0)
    await waitUntil('a good cycle', WITHIN_MS, async () => (await facts()).observation?.failure === null)
    await waitUntil('the log', WITHIN_MS, async () => logged('scanner.chain_moves_again').length === 1)
  }, 60_000)

  it('ages while no provider answers, and says what each answered', async () => {
    scanning.local.proxies[0]?.behave(() => ({ status: 403 }))
    await waitUntil('an answer', WITHIN_MS, async () => (await facts()).observation?.providers[0]?.head === null)
    await ageHead()
    const { stalled } = await until('a stall', (standing) => standing.stalled !== null)
    expect(stalled?.reason).toMatch(/^no provider answers \(proxy-0: .*403/)
    scanning.local.proxies[0]?.behave(null)
    await until('the end of the stall', (standing) => standing.stalled === null)
  }, 60_000)

  it('says that a provider answers with the same old block', async () => {
    scanning.local.proxies[0]?.behave(datedBack)
    const { stalled, lagBlocks } = await until('a stall', (standing) => standing.stalled !== null)
    expect(stalled?.reason).toMatch(/^the newest block that its providers agree on .* stand still$/)
    expect(lagBlocks).toBe(0)
    scanning.local.proxies[0]?.behave(null)
    await until('the end of the stall', (standing) => standing.stalled === null)
  }, 60_000)

  it('says that a node is below what was scanned', async () => {
    const { cursor } = await scanning.state()
    const number = cursor.number - 2
    const reset: Behaviour = (request, ask) =>
      request.params[0] === 'latest' ? ask({ ...request, params: [`0x${number.toString(16)}`, false] }) : ask(request)
    scanning.local.proxies[0]?.behave(reset)
    await until('the head below', ({ headBlock }) => headBlock !== null)
    await waitUntil('the head below', WITHIN_MS, async () => (await facts()).observation?.head?.number === number)
    await ageCursor()
    const { stalled } = await until('a stall', (standing) => standing.stalled !== null)
    expect(stalled?.reason).toMatch(`block of its providers is ${number}, below block ${cursor.number}`)
  }, 60_000)

  async function until(what: string, holds: (standing: ChainStanding) => boolean): Promise<ChainStanding> {
    let standing = chainStanding(await facts())
    await waitUntil(what, WITHIN_MS, async () => {
      standing = chainStanding(await facts())
      return holds(standing)
    })
    return standing
  }

  function facts() {
    return readFactsOf(scanning.ledger.db.prisma, scanning.local.chain.chainId)
  }

  /** As if the cursor had not moved for a minute, nor been at the head. */
  async function ageCursor(): Promise<void> {
    const { prisma } = scanning.ledger.db
    await prisma.$executeRaw`UPDATE chain_state SET updated_at = updated_at - interval '1 minute'`
    await prisma.$executeRaw`UPDATE chain_observations SET apart_since = apart_since - interval '1 minute'`
  }

  /** As if the head had not been read for a minute. */
  async function ageHead(): Promise<void> {
    const { prisma } = scanning.ledger.db
    await prisma.$executeRaw`UPDATE chain_observations SET head_read_at = head_read_at - interval '1 minute'`
  }

  function logged(msg: string): Record<string, unknown>[] {
    return scanning.logged.filter((line) => line['msg'] === msg)
  }
})

async function metric(name: string): Promise<number | null> {
  const found = new RegExp(`^ctrip_${name}\\{[^}]*\\} (\\S+)`, 'm').exec(await registry.metrics())
  return found === null ? null : Number(found[1])
}
