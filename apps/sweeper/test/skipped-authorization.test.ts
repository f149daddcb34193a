import { randomUUID } from 'node:crypto'
import { addressToBytes } from '@ctrip/domain/address'
import type { Payment } from '@ctrip/domain/payment/payment'
import { Memory } from '../src/context/round-memory'
import { sweepRound } from '../src/sweep-round'
import { openFollowedChain } from './support/followed-chain'
import type { Ledger } from './support/ledger'
import type { LocalChain } from './support/local-chain'
import { coinPayment, ETHER } from './support/payments'
import { stopServers } from './support/servers'
import { contextOf, swept } from './support/sweeping'

describe('a nonce that an authorization was to use, and did not', () => {
  let ledger: Ledger
  let local: LocalChain
  let close: () => Promise<void>

  beforeEach(async () => {
    ;({ ledger, local, close } = await openFollowedChain())
  })

  afterEach(() => close())

  afterAll(stopServers)

  it('is given to the next transaction of the address', async () => {
    const payment = await coinPayment(ledger, local)
    await authorized(payment, 'dropped')
    await swept(ledger, local)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
    const rows = await ledger.db.prisma.sweep_transactions.findMany()
    expect(rows).toMatchObject([{ nonce: 0n, purpose: 'collect', status: 'confirmed' }])
  })

  it('is used by a no-op where a reorg has freed it and another transaction waits for it', async () => {
    const payment = await coinPayment(ledger, local)
    const id = await authorized(payment, 'confirmed')
    await sweepRound({ ...contextOf(ledger, local), lease: await ledger.lease() }, new Memory())
    await local.mine()
    expect(await local.provider.getBalance(payment.address)).toBe(ETHER)
    await ledger.db.prisma.sweep_transactions.update({ where: { id }, data: { status: 'dropped' } })
    await swept(ledger, local, contextOf(ledger, local, 1))
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
    const rows = await ledger.db.prisma.sweep_transactions.findMany({ orderBy: { nonce: 'asc' } })
    expect(rows.map(({ purpose }) => purpose)).toEqual(['cancel', 'collect'])
  })

  async function authorized({ address }: Payment, status: 'confirmed' | 'dropped'): Promise<string> {
    const id = randomUUID()
    const sender = Buffer.from(addressToBytes(address))
    const row = { id, chain_id: local.chain.chainId, sender, nonce: 0, purpose: 'authorize', status }
    await ledger.db.prisma.sweep_transactions.create({ data: row })
    return id
  }
})
