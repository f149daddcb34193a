import { askSweeper, readAnswer, requestDeployment } from '@ctrip/db/chains/operator-requests'
import { LeaseLostError } from '@ctrip/db/database/errors'
import { transaction } from '@ctrip/db/database/transaction'
import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import { Memory } from '../src/context/round-memory'
import { sweepRound } from '../src/sweep-round'
import { followChain } from './support/follow-chain'
import { type Ledger, openLedger } from './support/ledger'
import { type LocalChain, startLocalChain } from './support/local-chain'
import { deployOddToken, type OddTokenContract } from './support/odd-token'
import { stopServers } from './support/servers'
import { confirmed, contextOf, swept } from './support/sweeping'

const STRAY = 7_000_000n

describe('the rescue of what nobody configured', () => {
  let ledger: Ledger
  let local: LocalChain
  let stray: OddTokenContract
  let contract: string

  beforeEach(async () => {
    ledger = await openLedger()
    local = await startLocalChain()
    stray = await deployOddToken(local.payer, 6)
    contract = await stray.getAddress()
    await followChain(ledger.db, local.chain, local)
  })

  afterEach(async () => {
    await local.stop()
    await ledger.close()
  })

  afterAll(stopServers)

  it('shows what it would do: the token as it calls itself, amounts, treasury and cost, and does nothing', async () => {
    const payment = await strayed()
    const id = await ask('quote_rescue', [payment.address])
    await swept(ledger, local)
    expect(await answerTo(id)).toEqual({
      treasury: local.chain.treasury,
      asset: { symbol: 'unlisted', contract: contract.toLowerCase(), decimals: 6 },
      calls_itself: { symbol: null, decimals: 6 },
      sweeps: [
        {
          strategy: 'token_top_up',
          fee_wei_each: expect.stringMatching(/^\d{13,}$/) as string,
          items: [
            expect.objectContaining({ payment_id: payment.id, address: payment.address, amount: STRAY.toString() }),
          ],
        },
      ],
      refused: [],
    })
    expect(await ledger.db.prisma.sweeps.count()).toBe(0)
    expect(await stray.balanceOf(payment.address)).toBe(STRAY)
  })

  it('collects it into the treasury, and leaves the payment as it was', async () => {
    const payment = await strayed()
    const id = await ask('rescue', [payment.address])
    await swept(ledger, local)
    expect(await answerTo(id)).toMatchObject({ sweep_ids: [expect.stringMatching(/^swp_/)] })
    expect(await stray.balanceOf(local.chain.treasury)).toBe(STRAY)
    expect(await ledger.statuses([payment.id])).toEqual(['pending'])
    expect(await sweeps()).toEqual(['confirmed'])
    expect(await ledger.eventTypes()).toEqual(['sweep.planned', 'sweep.broadcast', 'sweep.confirmed'])
  })

  it('collects once what is asked for twice, at once or later', async () => {
    const { address } = await strayed()
    const ids = [await ask('rescue', [address, address]), await ask('rescue', [address])]
    await swept(ledger, local)
    ids.push(await ask('rescue', [address]))
    await swept(ledger, local)
    const [first, meanwhile, later] = await Promise.all(ids.map(answerTo))
    expect(first).toMatchObject({ sweep_ids: [expect.any(String)] })
    expect(meanwhile).toMatchObject({ sweeps: [], refused: [{ address, reason: 'being_swept' }] })
    expect(later).toMatchObject({ sweeps: [], refused: [{ address, reason: 'nothing_there' }] })
    expect(await stray.balanceOf(local.chain.treasury)).toBe(STRAY)
  })

  it('collects once where the sweeper is killed before the plan is committed, and before it is sent', async () => {
    const { address } = await strayed()
    await ask('rescue', [address])
    const lost = { ...(await ledger.lease()), epoch: -1n }
    await expect(sweepRound({ ...contextOf(ledger, local), lease: lost }, new Memory())).rejects.toThrow(LeaseLostError)
    expect(await sweeps()).toEqual([])
    const context = contextOf(ledger, local)
    const chain = { ...context.chain, broadcast: () => Promise.reject(new Error('killed')) }
    const killed = sweepRound({ ...context, chain, lease: await ledger.lease() }, new Memory())
    await expect(killed).rejects.toThrow('killed')
    expect(await sweeps()).toEqual(['planned'])
    await swept(ledger, local)
    expect(await sweeps()).toEqual(['confirmed'])
    expect(await stray.balanceOf(local.chain.treasury)).toBe(STRAY)
  })

  it('says so where there is no token, no deposit address, nothing, or no sense in the order', async () => {
    const { address } = await ledger.newPayment({})
    const nowhere = await ask('rescue', [address], '0x00000000000000000000000000000000000000aa')
    const foreign = await ask('rescue', [local.chain.treasury, address])
    const senseless = await ask('quote_rescue', ['nowhere'])
    await swept(ledger, local)
    expect(await answerTo(senseless)).toEqual({ sweeps: null, reason: 'malformed_terms' })
    expect(await answerTo(nowhere)).toEqual({ sweeps: null, reason: 'no_contract' })
    expect(await answerTo(foreign)).toMatchObject({
      sweeps: [],
      refused: [
        { address: local.chain.treasury, reason: 'not_a_deposit_address' },
        { address, reason: 'nothing_there' },
      ],
    })
  })

  it('collects many in one batch where the contracts are, and coin that sits on an address', async () => {
    await transaction(ledger.db, 'test.deploy', (tx) => requestDeployment(tx, local.chain.chainId))
    await swept(ledger, local)
    const payments = [await strayed(), await strayed(), await strayed(), await strayed()]
    const addresses = payments.map(({ address }) => address)
    const id = await ask('rescue', addresses)
    await swept(ledger, local)
    expect(await answerTo(id)).toMatchObject({ sweeps: [{ strategy: 'delegated_batch' }], refused: [] })
    expect(await stray.balanceOf(local.chain.treasury)).toBe(4n * STRAY)
    const [address = ''] = addresses
    await local.rpc('anvil_setBalance', [address, '0xde0b6b3a7640000'])
    await ask('rescue', [address], null)
    await swept(ledger, local)
    expect(await local.provider.getBalance(address)).toBe(0n)
  })

  it('answers while a chain is paused, and signs when it goes on', async () => {
    const { address } = await strayed()
    await ledger.db.prisma.sweep_pauses.create({ data: { chain_id: 31337n, reason: 'test', actor: 'test' } })
    const quote = await ask('quote_rescue', [address])
    const order = await ask('rescue', [address])
    await sweepRound({ ...contextOf(ledger, local), lease: await ledger.lease() }, new Memory())
    expect(await answerTo(quote)).toMatchObject({ refused: [] })
    expect(await readAnswer(ledger.db.prisma, order)).toBeNull()
    await ledger.db.prisma.sweep_pauses.deleteMany()
    await swept(ledger, local)
    expect(await stray.balanceOf(local.chain.treasury)).toBe(STRAY)
  })

  it('shows the plan of a paused chain: what it would sweep at what price, and what waits and why', async () => {
    const { id: paymentId, address } = await ledger.newPayment({ amount: amount(10n ** 18n) })
    await (await local.payer.sendTransaction({ to: address, value: 10n ** 18n })).wait()
    await confirmed(ledger, local)
    await ledger.db.prisma.sweep_pauses.create({ data: { chain_id: 31337n, reason: 'test', actor: 'test' } })
    const id = await askSweeper(ledger.db.prisma, { chainId: 31337, kind: 'plan', terms: {} })
    await sweepRound({ ...contextOf(ledger, local), lease: await ledger.lease() }, new Memory())
    expect(await answerTo(id)).toMatchObject({
      sweeps: [{ strategy: 'native', items: [{ payment_id: paymentId, amount: '1000000000000000000' }] }],
      waiting: [],
    })
    expect(await sweeps()).toEqual([])
  })

  async function strayed(): Promise<Payment> {
    const payment = await ledger.newPayment({ asset: local.usdcAsset, amount: amount(1_000_000n) })
    await (await stray.mint(payment.address, STRAY)).wait()
    await confirmed(ledger, local)
    return payment
  }

  function ask(kind: 'quote_rescue' | 'rescue', addresses: readonly string[], token: string | null = contract) {
    return askSweeper(ledger.db.prisma, { chainId: 31337, kind, terms: { contract: token, addresses } })
  }

  async function answerTo(id: bigint): Promise<unknown> {
    return (await readAnswer(ledger.db.prisma, id))?.answer
  }

  async function sweeps(): Promise<string[]> {
    return (await ledger.db.prisma.sweeps.findMany()).map(({ status }) => status)
  }
})
