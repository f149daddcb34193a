import { startAnvil } from '@ctrip/local-stack/anvil'
import { deployFeed } from '@ctrip/local-stack/test-feed'
import { deployToken } from '@ctrip/local-stack/test-token'
import { ZeroAddress } from 'ethers'
import type { ChainConfig } from '../../src/chain-config'
import { parseChains } from '../../src/chains-config'
import { checkChain } from '../../src/checks/check-chain'
import { checkSharedTreasuriesOf } from '../../src/checks/check-treasury'
import { type Lab, openLab } from '../helpers/lab'
import { type Behaviour, HONEST, type StandIn, startProxy } from '../helpers/proxy'

let lab: Lab
let node: StandIn
let usdc: string

beforeAll(async () => {
  lab = await openLab()
  await lab.provider.send('evm_setAutomine', [true])
  usdc = await deployToken({ rpcUrl: lab.anvil.url, privateKey: lab.anvil.fundedPrivateKey })
})
afterAll(() => lab.close())
beforeEach(async () => {
  node = await startProxy(lab.anvil.url)
})
afterEach(() => node.close())

function chainOf(settings: Readonly<Record<string, unknown>> = {}, decimals = 6): ChainConfig {
  const chain = {
    ...{ name: 'anvil', chain_id: 31_337, providers: [{ name: 'local', http: node.url }], native: { symbol: 'ETH' } },
    ...{ tokens: [{ symbol: 'USDC', contract: usdc, decimals }], treasury: lab.funder.address, ...settings },
  }
  const parsed = parseChains(JSON.stringify({ chains: [chain] }), {})
  if (!parsed.ok) throw new Error(parsed.problems.join('; '))
  const [config] = parsed.chains
  if (config === undefined) throw new Error('no chain')
  return config
}

async function faults(chain: ChainConfig, recorded = { genesis: null, cursor: null as number | null }) {
  const checks = await checkChain(chain, recorded)
  return checks.filter(({ verdict }) => verdict === 'fault').map(({ check, detail }) => `${check}: ${detail}`)
}

const without =
  (method: string): Behaviour =>
  (request, honest) =>
    request.method === method ? { error: { code: -32_601, message: 'Method not found' } } : HONEST(request, honest)

describe('the table of the outside world', () => {
  it('finds nothing wrong with what is right', async () => {
    const checks = await checkChain(chainOf(), { genesis: null, cursor: 1 })
    expect(checks.filter(({ verdict }) => verdict !== 'ok')).toEqual([])
    expect(checks.map(({ check }) => check)).toEqual([
      ...['chain', 'head', 'blocks', 'receipts', 'traces', 'finality', 'token', 'treasury'],
    ])
  })

  it('says first that the provider is of another chain, and asks it nothing more', async () => {
    const found = await faults(chainOf({ chain_id: 1 }))
    expect(found[0]).toMatch(/^chain: .*it answers for chain 31337, but chains.yaml says chain 1/)
    expect(node.asked).not.toContain('eth_call')
  })

  it('finds a token of other decimals', async () => {
    expect(await faults(chainOf({}, 18))).toEqual(['token: the contract has 6 decimals, but chains.yaml says 18'])
  })

  it('finds two contracts of one ledger', async () => {
    // Hands every call on to the token, as a second entry to its balances does.
    const runtime = `365f5f375f5f365f73${usdc.slice(2).toLowerCase()}5afa503d5f5f3e3d5ff3`
    const data = `0x60278060095f395ff3${runtime}`
    const deployed = await (await lab.funder.sendTransaction({ data })).wait()
    const second = { symbol: 'USDC2', contract: deployed?.contractAddress, decimals: 6 }
    const found = await faults(chainOf({ tokens: [{ symbol: 'USDC', contract: usdc, decimals: 6 }, second] }))
    expect(found).toEqual([expect.stringMatching(/^ledger: USDC2 and USDC are two contracts of one ledger/)])
  })

  it('finds a node that is below what was scanned', async () => {
    expect((await faults(chainOf(), { genesis: null, cursor: 1_000 }))[0]).toMatch(/^head: .*below block 1000/)
  })

  it('finds a contract treasury that takes no coin', async () => {
    const { getAddress } = await import('ethers')
    expect(await faults(chainOf({ treasury: getAddress(usdc), tokens: [] }))).toEqual([
      'treasury: a contract that refuses native coin',
    ])
  })

  it('finds a contract treasury that takes calls, and no coin', async () => {
    // Reverts if there is value: CALLVALUE PUSH1 5 JUMPI STOP JUMPDEST PUSH0 PUSH0 REVERT.
    const data = '0x60098060095f395ff334600557005b5f5ffd'
    const deployed = await (await lab.funder.sendTransaction({ data })).wait()
    await lab.provider.send('anvil_setBalance', [ZeroAddress, '0xde0b6b3a7640000'])
    expect(await faults(chainOf({ treasury: deployed?.contractAddress, tokens: [] }))).toEqual([
      'treasury: a contract that refuses native coin',
    ])
  })

  it('says how much gas a contract treasury takes for a plain transfer', async () => {
    // STOP: takes everything.
    const deployed = await (await lab.funder.sendTransaction({ data: '0x60018060095f395ff300' })).wait()
    const checks = await checkChain(chainOf({ treasury: deployed?.contractAddress }), { genesis: null, cursor: 1 })
    expect(checks.at(-1)).toMatchObject({ check: 'treasury', verdict: 'ok' })
    expect(checks.at(-1)?.detail).toMatch(/^a contract, which takes native coin for 2\d{4} gas$/)
  })

  it('finds a treasury that is a contract on another chain, and has no code on this one', async () => {
    const other = await startAnvil()
    const deployed = await (await lab.funder.sendTransaction({ data: '0x60018060095f395ff300' })).wait()
    const treasury = deployed?.contractAddress
    const elsewhere = { name: 'other', chain_id: 31_337, providers: [{ name: 'local', http: other.url }] }
    const found = await checkSharedTreasuriesOf([chainOf({ treasury }), chainOf({ ...elsewhere, treasury })])
    expect(found).toMatchObject([{ subject: 'other/treasury', check: 'code', verdict: 'fault' }])
    expect(found[0]?.detail).toContain('the same address is a contract on anvil')
    expect(await checkSharedTreasuriesOf([chainOf({}), chainOf(elsewhere)])).toEqual([])
    await other.stop()
  })

  it('finds price feeds of another pair, and contracts that are no feeds', async () => {
    const account = { rpcUrl: lab.anvil.url, privateKey: lab.anvil.fundedPrivateKey, decimals: 8 }
    const feed = await deployFeed({ ...account, description: 'ETH / USD', answer: 300_000_000_000n })
    const euro = await deployFeed({ ...account, description: 'ETH / BTC', answer: 4_000_000n })
    const price = (address: string) => ({ currency: 'USD', feed: address, max_age_seconds: 3600 })
    const tokens = [{ symbol: 'USDC', contract: usdc, decimals: 6, price: price(euro) }]
    const chain = chainOf({ native: { symbol: 'ETH', price: price(feed) }, tokens, sequencer_feed: usdc })
    const checks = await checkChain(chain, { genesis: null, cursor: null })
    expect(checks.filter(({ check }) => check === 'feed')).toMatchObject([
      { subject: 'anvil/ETH/USD', verdict: 'ok', detail: expect.stringMatching(/^3000, 8 decimals/) as string },
      { subject: 'anvil/sequencer', verdict: 'fault', detail: 'the feed cannot be read' },
      { subject: 'anvil/USDC/USD', verdict: 'fault', detail: expect.stringContaining('ETH / BTC') as string },
    ])
  })

  it.each([
    ['eth_getBlockReceipts', 'receipts'],
    ['debug_traceBlockByHash', 'traces'],
  ])('warns where %s is missing', async (method, check) => {
    node.behave(without(method))
    const checks = await checkChain(chainOf(), { genesis: null, cursor: null })
    expect(checks.filter(({ verdict }) => verdict !== 'ok')).toMatchObject([{ check, verdict: 'warning' }])
  })
})
