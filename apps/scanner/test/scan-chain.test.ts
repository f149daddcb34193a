import { amount } from '@ctrip/domain/amount'
import { createLogger } from '@ctrip/telemetry/logger'
import { catchUp } from '../src/catch-up'
import { writerLease } from '../src/chain'
import { rpcSource } from '../src/rpc-source'
import { scanCycle } from '../src/scan-chain'
import { type Ledger, openLedger } from './support/ledger'
import { type LocalChain, startLocalChain } from './support/local-chain'
import { stopServers } from './support/servers'

const ETHER = 10n ** 18n

describe('scanning a chain', () => {
  let ledger: Ledger
  let local: LocalChain

  beforeAll(async () => {
    ledger = await openLedger()
    local = await startLocalChain()
    await scan()
  })

  afterAll(async () => {
    await local.stop()
    await ledger.close()
    await stopServers()
  })

  it('detects a native payment and confirms it at its depth', async () => {
    const { id, address } = await ledger.newPayment({ amount: amount(ETHER) })
    await pay(address, ETHER)
    await scan()
    expect((await ledger.read(id)).payment).toMatchObject({ status: 'detected', amountReceived: ETHER })
    await local.mine(2)
    await scan()
    expect((await ledger.read(id)).payment).toMatchObject({ status: 'confirmed', amountConfirmed: ETHER })
    expect(await ledger.eventTypes(id)).toEqual(['payment.created', 'payment.detected', 'payment.confirmed'])
  })

  it('adds up two token transfers, and tells of each', async () => {
    const asset = { symbol: 'USDC', contract: local.chain.tokens[0]?.contract ?? null, decimals: 6 }
    const { id, address } = await ledger.newPayment({ asset, amount: amount(1_500_000n) })
    await (await local.usdc.transfer(address, 500_000n)).wait()
    await scan()
    expect((await ledger.read(id)).payment.status).toBe('partially_paid')
    await (await local.usdc.transfer(address, 1_000_000n)).wait()
    await scan()
    const { payment, transfers } = await ledger.read(id)
    expect(payment).toMatchObject({ status: 'detected', flags: ['multiple'], amountReceived: 1_500_000n })
    expect(transfers.map(({ kind, amount }) => [kind, amount])).toEqual([
      ['erc20', 500_000n],
      ['erc20', 1_000_000n],
    ])
  })

  it('tells both stages in order when it catches up over both at once', async () => {
    const { id, address } = await ledger.newPayment({})
    await pay(address, ETHER)
    await local.mine(10)
    await scan()
    expect(await ledger.eventTypes(id)).toEqual(['payment.created', 'payment.detected', 'payment.confirmed'])
  })

  it('expires what was not paid when the chain has passed its time, and carries it on when money comes late', async () => {
    const { id, address } = await ledger.newPayment({
      createdAt: new Date(Date.now() - 10_000),
      expiresAt: new Date(Date.now() - 5_000),
    })
    await local.mine()
    await scan()
    expect((await ledger.read(id)).payment.status).toBe('expired')
    await pay(address, ETHER)
    await scan()
    expect((await ledger.read(id)).payment).toMatchObject({ status: 'detected', flags: ['late'] })
    expect(await ledger.eventTypes(id)).toEqual([
      'payment.created',
      'payment.expired',
      'payment.late',
      'payment.detected',
    ])
  })

  it('leaves late money with an expired payment under review', async () => {
    const { id, address } = await ledger.newPayment({
      latePolicy: 'review',
      createdAt: new Date(Date.now() - 10_000),
      expiresAt: new Date(Date.now() - 5_000),
    })
    await pay(address, ETHER)
    await scan()
    expect((await ledger.read(id)).payment).toMatchObject({ status: 'expired', amountReceived: ETHER })
    expect(await ledger.eventTypes(id)).toEqual(['payment.created', 'payment.expired', 'payment.late'])
  })

  it('records money in another asset, and says so', async () => {
    const { id, address } = await ledger.newPayment({})
    await (await local.usdc.transfer(address, 7n)).wait()
    await scan()
    const { payment, transfers } = await ledger.read(id)
    expect(payment).toMatchObject({ status: 'pending', flags: ['wrong_asset'], amountReceived: 0n })
    expect(transfers).toHaveLength(1)
    expect(await ledger.eventTypes(id)).toEqual(['payment.created', 'transfer.unmatched'])
  })

  it('takes a payment back when its block leaves the chain, and credits it once when it is included again', async () => {
    const { id, address } = await ledger.newPayment({})
    await pay(address, ETHER)
    await local.mine(2)
    await scan()
    expect((await ledger.read(id)).payment.status).toBe('confirmed')
    await local.rpc('anvil_reorg', [3, []])
    await local.mine()
    await scan()
    expect((await ledger.read(id)).payment).toMatchObject({ status: 'pending', flags: ['reorged'], amountReceived: 0n })
    local.payer.reset()
    await pay(address, ETHER)
    await scan()
    const { payment, transfers } = await ledger.read(id)
    expect(payment).toMatchObject({ status: 'detected', amountReceived: ETHER })
    expect(transfers.map(({ status }) => status).sort()).toEqual(['included', 'orphaned'])
    expect((await ledger.eventTypes(id)).slice(2)).toEqual(['payment.confirmed', 'payment.reorged', 'payment.detected'])
  })

  async function pay(address: string, value: bigint): Promise<void> {
    await (await local.payer.sendTransaction({ to: address, value })).wait()
  }

  /** Cycles until there is nothing more to scan. */
  async function scan(): Promise<void> {
    const { chain, pool } = local
    const lease = await ledger.lease(writerLease(chain.chainId))
    const log = createLogger({ service: 'test', level: 'silent' })
    const source = rpcSource(chain, pool, log)
    const deps = {
      chain,
      source,
      db: ledger.db,
      log,
      catchUp: catchUp(log, chain.name, 64),
      wakeRelay: () => undefined,
    }
    for (let cycle = 0; cycle < 50; cycle++) {
      if ((await scanCycle(deps, { current: () => lease }, new AbortController().signal)) === 'idle') return
    }
    throw new Error('scanning does not come to an end')
  }
})
