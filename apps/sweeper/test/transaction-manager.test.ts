import { requestDeployment } from '@ctrip/db/chains/operator-requests'
import { LeaseLostError } from '@ctrip/db/database/errors'
import { transaction } from '@ctrip/db/database/transaction'
import { sweepAlarms } from '@ctrip/db/sweeps/sweep-alarms'
import { resumeSweeps } from '@ctrip/db/sweeps/sweep-pauses'
import { idToUuid } from '@ctrip/domain/ids'
import { Wallet } from 'ethers'
import type { ChainAccess } from '../src/chain/chain-access'
import { Memory } from '../src/context/round-memory'
import { sweepRound } from '../src/sweep-round'
import { followChain } from './support/follow-chain'
import { openFollowedChain } from './support/followed-chain'
import type { Ledger } from './support/ledger'
import type { LocalChain } from './support/local-chain'
import { coinPayment, ETHER, tokenPayment } from './support/payments'
import { stopServers } from './support/servers'
import { confirmed, contextOf, swept } from './support/sweeping'

describe('the transaction manager', () => {
  let ledger: Ledger
  let local: LocalChain
  let close: () => Promise<void>

  beforeEach(async () => {
    ;({ ledger, local, close } = await openFollowedChain())
  })

  afterEach(() => close())

  afterAll(stopServers)

  it('sends the same bytes again when a reorg takes a mined sweep off the chain', async () => {
    const payment = await coinPayment(ledger, local)
    await round()
    await local.mine()
    await followChain(ledger.db, local.chain, local)
    await round()
    expect(await statusesOf('collect')).toEqual(['mined'])
    await local.rpc('anvil_rollback', [2])
    await local.mine(3)
    await followChain(ledger.db, local.chain, local)
    await swept(ledger, local)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
    expect(await ledger.db.prisma.sweep_attempts.count()).toBe(1)
    expect(await local.provider.getBalance(payment.address)).toBe(0n)
  })

  it('collects again what a reorg took back while no sweeper was there, though finality has passed it since', async () => {
    const payment = await coinPayment(ledger, local)
    await swept(ledger, local)
    const sweep = await ledger.db.prisma.sweep_transactions.findFirstOrThrow({ where: { purpose: 'collect' } })
    await local.rpc('anvil_rollback', [(await local.head()) - Number(sweep.block_number) + 1])
    await local.mine(30)
    await followChain(ledger.db, local.chain, local)
    expect(await local.provider.getBalance(payment.address)).toBe(ETHER)
    await round()
    expect(await ledger.statuses([payment.id])).toEqual(['confirmed'])
    await swept(ledger, local)
    expect(await local.provider.getBalance(payment.address)).toBe(0n)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
    const told = (await ledger.eventTypes()).filter((type) => /settled|reorged/.test(type))
    expect(told).toEqual(['payment.settled', 'payment.reorged', 'payment.settled'])
  })

  it('leaves a sweep alone whose money a reorg took, and goes on with it when the money comes back', async () => {
    const before = await local.head()
    const payment = await coinPayment(ledger, local)
    await round()
    await local.mine()
    await followChain(ledger.db, local.chain, local)
    await local.rpc('anvil_rollback', [(await local.head()) - before])
    local.payer.reset()
    await local.mine(8)
    const memory = new Memory()
    const asked: string[] = []
    const context = contextOf(ledger, local)
    const chain: ChainAccess = {
      ...context.chain,
      broadcast: async (raw) => {
        asked.push(raw)
        return context.chain.broadcast(raw)
      },
    }
    for (let block = 0; block < 16; block++) {
      await sweepRound({ ...context, chain, lease: await ledger.lease() }, memory)
      await local.mine()
    }
    expect(asked.length).toBeLessThan(6)
    await (await local.payer.sendTransaction({ to: payment.address, value: ETHER })).wait()
    await swept(ledger, local)
    expect(await local.provider.getBalance(payment.address)).toBe(0n)
  })

  it('offers an eighth more for what no block takes, and counts whichever is mined', async () => {
    const payment = await coinPayment(ledger, local)
    await local.rpc('evm_setAutomine', [false])
    await round()
    await local.rpc('anvil_dropAllTransactions')
    await round(contextOf(ledger, local, 1).now)
    const [newest, first] = await ledger.db.prisma.sweep_attempts.findMany({ orderBy: { signed_at: 'desc' } })
    const fees = [first, newest].map((attempt) => BigInt(attempt?.max_fee_per_gas.toFixed(0) ?? '0'))
    expect((fees[1] ?? 0n) * 8n >= (fees[0] ?? 0n) * 9n).toBe(true)
    await local.rpc('evm_setAutomine', [true])
    await local.mine()
    await swept(ledger, local)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
  })

  it('offers more also for a deployment, which belongs to no sweep: all of the gas wallet waits for it', async () => {
    await local.rpc('evm_setAutomine', [false])
    await transaction(ledger.db, 'test.deploy', (tx) => requestDeployment(tx, local.chain.chainId))
    await round()
    await local.rpc('anvil_dropAllTransactions')
    await round(contextOf(ledger, local, 1).now)
    expect(await ledger.db.prisma.sweep_attempts.count()).toBe(2)
    await local.rpc('evm_setAutomine', [true])
    await swept(ledger, local)
    expect(await statusesOf('deploy')).toEqual(['confirmed'])
  })

  it('does not raise its offer above the gas ceiling', async () => {
    await coinPayment(ledger, local)
    await local.rpc('evm_setAutomine', [false])
    await round()
    const context = contextOf(ledger, local, 1)
    const config = { ...local.chain, sweep: { ...local.chain.sweep, maxGasPriceWei: 1n } }
    await sweepRound({ ...context, config, lease: await ledger.lease() }, new Memory())
    expect(await ledger.db.prisma.sweep_attempts.count()).toBe(1)
  })

  it('fills the nonce with a no-op when no node takes what it signed, and collects anew', async () => {
    const payment = await coinPayment(ledger, local)
    const context = contextOf(ledger, local)
    const refusing: ChainAccess = {
      ...context.chain,
      broadcast: async () => ({ outcome: 'rejected', answers: [] }),
    }
    await sweepRound({ ...context, chain: refusing, lease: await ledger.lease() }, new Memory())
    await sweepRound({ ...contextOf(ledger, local, 1), chain: refusing, lease: await ledger.lease() }, new Memory())
    expect(await ledger.db.prisma.sweep_attempts.count({ where: { cancels: true } })).toBe(1)
    await swept(ledger, local)
    expect(await ledger.db.prisma.sweeps.findMany()).toMatchObject([{ status: 'failed', reason: 'canceled' }])
    await ledger.db.prisma.collection_waits.updateMany({ data: { retry_at: new Date(0) } })
    await swept(ledger, local)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
  })

  it('stops signing when the gas wallet has used a nonce that it did not give out, until somebody resumes', async () => {
    const [first] = [await tokenPayment(ledger, local)]
    await swept(ledger, local)
    expect(await ledger.statuses([first.id])).toEqual(['settled'])
    const thief = new Wallet(local.gasWalletKey, local.provider)
    await (await thief.sendTransaction({ to: thief.address, value: 1n })).wait()
    const second = await tokenPayment(ledger, local)
    await swept(ledger, local)
    expect(await ledger.statuses([second.id])).toEqual(['confirmed'])
    expect(await sweepAlarms(ledger.db, local.chain.chainId)).toEqual({ halted: true, underivable: 0 })
    await resumeSweeps(ledger.db, local.chain.chainId)
    expect(await sweepAlarms(ledger.db, local.chain.chainId)).toEqual({ halted: false, underivable: 0 })
    await swept(ledger, local)
    expect(await ledger.statuses([second.id])).toEqual(['settled'])
  })

  it('commits nothing under a lease that has passed to another', async () => {
    await coinPayment(ledger, local)
    const lost = await ledger.lease('first')
    await ledger.db.prisma.leases.updateMany({ data: { lease_until: new Date(0) } })
    await ledger.lease('second')
    const attempt = sweepRound({ ...contextOf(ledger, local), lease: lost }, new Memory())
    await expect(attempt).rejects.toBeInstanceOf(LeaseLostError)
    expect(await ledger.db.prisma.sweeps.count()).toBe(0)
  })

  it('never signs for an address that its mnemonic does not derive', async () => {
    const payment = await coinPayment(ledger, local)
    await ledger.db.prisma.deposit_addresses.updateMany({ data: { index: 4_711 } })
    await swept(ledger, local)
    expect(await ledger.db.prisma.sweep_attempts.count()).toBe(0)
    expect(await ledger.db.prisma.collection_waits.findMany()).toMatchObject([{ reason: 'address_mismatch' }])
    expect(await sweepAlarms(ledger.db, local.chain.chainId)).toEqual({ halted: false, underivable: 1 })
    expect(await ledger.statuses([payment.id])).toEqual(['confirmed'])
  })

  it('leaves a deposit that came after it had signed to the next sweep, and attributes both right', async () => {
    const payment = await coinPayment(ledger, local)
    await local.rpc('evm_setAutomine', [false])
    await round()
    await local.payer.sendTransaction({
      to: payment.address,
      value: ETHER,
      maxPriorityFeePerGas: 10n ** 11n,
      maxFeePerGas: 10n ** 12n,
    })
    await local.mine()
    await local.rpc('evm_setAutomine', [true])
    await swept(ledger, local)
    const { transfers } = await ledger.read(payment.id)
    expect(transfers.map(({ collected }) => collected)).toEqual([true, true])
    expect(await ledger.db.prisma.sweeps.count({ where: { status: 'confirmed' } })).toBe(2)
    expect(await local.provider.getBalance(payment.address)).toBe(0n)
  })

  it('counts money that was found after a sweep had taken it along as collected by that sweep', async () => {
    const payment = await coinPayment(ledger, local)
    await (await local.payer.sendTransaction({ to: payment.address, value: ETHER })).wait()
    await confirmed(ledger, local)
    const overlooked = await ledger.db.prisma.transfers.findFirstOrThrow({ orderBy: { block_number: 'desc' } })
    await ledger.db.prisma.transfers.delete({ where: { id: overlooked.id } })
    await swept(ledger, local)
    await ledger.db.prisma.transfers.create({ data: { ...overlooked, status: 'confirmed' } })
    await swept(ledger, local)
    const { transfers } = await ledger.read(payment.id)
    expect(transfers.map(({ collected }) => collected)).toEqual([true, true])
    expect(await ledger.db.prisma.collection_waits.count()).toBe(0)
  })

  it('tells each merchant of its own items alone', async () => {
    const payment = await coinPayment(ledger, local)
    await swept(ledger, local)
    const events = await ledger.db.prisma.events.findMany({ where: { type: { startsWith: 'sweep.' } } })
    expect(new Map(events.map(({ type, sequence }) => [sequence, type]))).toEqual(
      new Map([
        [1, 'sweep.planned'],
        [2, 'sweep.broadcast'],
        [3, 'sweep.confirmed'],
      ]),
    )
    const confirmedEvent = events.find(({ type }) => type === 'sweep.confirmed')
    const { data } = JSON.parse(confirmedEvent?.body ?? '{}') as {
      data: { sweep: { items: { payment_id: string }[] } }
    }
    expect(data.sweep.items.map(({ payment_id }) => payment_id)).toEqual([payment.id])
    expect(confirmedEvent?.merchant_id).toBe(idToUuid(payment.merchantId))
  })

  async function round(now = contextOf(ledger, local).now): Promise<void> {
    await sweepRound({ ...contextOf(ledger, local), now, lease: await ledger.lease() }, new Memory())
  }

  async function statusesOf(purpose: string): Promise<string[]> {
    return (await ledger.db.prisma.sweep_transactions.findMany({ where: { purpose } })).map(({ status }) => status)
  }
})
