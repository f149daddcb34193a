import { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { readAssetChecks } from '@ctrip/db/chains/asset-checks'
import { keptGenesis } from '@ctrip/db/chains/chain-identity'
import { readChainState } from '@ctrip/db/chains/chain-state'
import { writerLease } from '@ctrip/db/leases/lease-names'
import { parseAddress } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import { parseHash } from '@ctrip/domain/hash'
import { checkTokens } from '../src/check-assets'
import { rpcSource } from '../src/rpc-source'
import { scanCycle } from '../src/scan-chain'
import { openScanning, type Scanning } from './support/scanning'

const SIGNAL = new AbortController().signal

describe('a node of another chain', () => {
  let scanning: Scanning
  afterEach(() => scanning?.close())

  it('confirms nothing: chain 1 is configured, the node is of 31337', async () => {
    scanning = await openScanning({ proxies: 1 })
    const { ledger, local, deps } = scanning
    const chain = { ...local.chain, chainId: 1, name: 'mainnet' }
    const pool = new RpcPool(chain)
    const payment = await ledger.newPayment({ chainId: 1, chain: 'mainnet', amount: amount(1n) })
    await scanning.pay(payment, 1n)
    await local.mine(5)
    local.proxies[0]?.asked.splice(0)
    const lease = await ledger.lease(writerLease(1))
    const other = { ...deps, chain, source: rpcSource(chain, pool, deps.log, async () => false) }
    await scanCycle(other, { current: () => lease }, SIGNAL).catch(() => undefined)
    await pool.close()
    expect(await readChainState(ledger.db.prisma, 1)).toBeNull()
    expect((await scanning.payment(payment.id)).status).toBe('pending')
    expect(local.proxies[0]?.asked.map(({ method }) => method)).toEqual(['eth_chainId', 'eth_getBlockByNumber'])
  })

  it('is a reset chain of the same id where the database saw another first block', async () => {
    scanning = await openScanning()
    const { ledger, local } = scanning
    const store = keptGenesis(ledger.db, 31_337)
    const first = parseHash(`0x${'ab'.repeat(32)}`)
    if (first === null) throw new Error('no hash')
    expect(await store.remember(first)).toBe(first)
    const pool = new RpcPool(local.chain, { genesis: store })
    await expect(pool.call('eth_blockNumber', [])).rejects.toThrow(`this chain began with ${first}`)
    await pool.close()
  })
})

describe('a configured token', () => {
  let scanning: Scanning
  afterEach(() => scanning?.close())

  async function check(usdcDecimals: number) {
    scanning = await openScanning({ usdcDecimals })
    const { ledger, local, deps } = scanning
    const { chain, pool } = local
    expect(await checkTokens({ chain, pool, db: ledger.db, log: deps.log }, chain.tokens, SIGNAL)).toEqual(chain.tokens)
    return readAssetChecks(ledger.db.prisma, 31_337)
  }

  it('of other decimals than its contract is refused, and the chain continues', async () => {
    const checks = await check(18)
    const reason = 'the contract has 6 decimals, but chains.yaml says 18'
    expect(checks).toContainEqual(expect.objectContaining({ decimals: 18, verdict: 'fault', reason }))
    const { ledger, local } = scanning
    const payment = await ledger.newPayment({ amount: amount(5n) })
    await scanning.pay(payment, 5n)
    await local.usdc.transfer(payment.address, 7n)
    await local.mine(5)
    await scanning.scan()
    expect((await scanning.payment(payment.id)).status).toBe('confirmed')
    expect(await ledger.transferRows(payment.id)).toHaveLength(2)
  })

  it('that is a second contract of one ledger is refused, and the first is not', async () => {
    scanning = await openScanning()
    const { ledger, local, deps } = scanning
    const { chain, pool } = local
    const [usdc] = chain.tokens
    if (usdc === undefined) throw new Error('no token')
    // Hands every call on to the token, as a second entry to its balances does.
    const runtime = `365f5f375f5f365f73${usdc.contract.slice(2).toLowerCase()}5afa503d5f5f3e3d5ff3`
    const deployment = { data: `0x60278060095f395ff3${runtime}` }
    const entry = parseAddress((await (await local.payer.sendTransaction(deployment)).wait())?.contractAddress ?? '')
    if (entry === null) throw new Error('not deployed')
    await local.usdc.transfer(chain.treasury, 7n)
    await local.mine(1)
    const second = { ...usdc, symbol: 'USDC2', contract: entry }
    const both = { ...chain, tokens: [usdc, second] }
    await checkTokens({ chain: both, pool, db: ledger.db, log: deps.log }, both.tokens, SIGNAL)
    const checks = new Map((await readAssetChecks(ledger.db.prisma, 31_337)).map((one) => [one.contract, one]))
    expect(checks.get(usdc.contract)).toMatchObject({ verdict: 'ok' })
    const reason = 'USDC2 and USDC are two contracts of one ledger: the same supply and balances'
    expect(checks.get(second.contract)).toMatchObject({ verdict: 'fault', reason })
  })

  it('that is its contract passes', async () => {
    expect((await check(6)).map(({ verdict }) => verdict)).toEqual(['ok', 'ok'])
  })
})
