import { ACCOUNT_PATH } from '@ctrip/chain/addresses'
import { requestDeployment } from '@ctrip/db/chains/operator-requests'
import { transaction } from '@ctrip/db/database/transaction'
import { sweepAlarms } from '@ctrip/db/sweeps/sweep-alarms'
import type { Payment } from '@ctrip/domain/payment/payment'
import { HDNodeWallet } from 'ethers'
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

describe('what is signed for a nonce that something else has used', () => {
  let ledger: Ledger
  let local: LocalChain
  let close: () => Promise<void>

  beforeEach(async () => {
    ;({ ledger, local, close } = await openFollowedChain())
  })

  afterEach(() => close())

  afterAll(stopServers)

  it('is signed anew when it was an authorization of ours, thought skipped, that took effect after all', async () => {
    await transaction(ledger.db, 'test.deploy', (tx) => requestDeployment(tx, local.chain.chainId))
    await swept(ledger, local)
    const payment = await tokenPayment(ledger, local)
    for (let n = 0; n < 2; n++) await tokenPayment(ledger, local) // enough for a batch
    await swept(ledger, local)
    expect(await linesOf(payment)).toEqual(['0 authorize confirmed'])

    // As after a reorg that took the batch, and whose other branch had not had it yet.
    await ledger.db.prisma.sweep_transactions.updateMany({
      where: { purpose: 'authorize' },
      data: { status: 'dropped' },
    })
    await (await local.payer.sendTransaction({ to: payment.address, value: ETHER })).wait()
    await confirmed(ledger, local)
    await roundWith({ agreedNonce: async () => 0 })
    expect(await linesOf(payment)).toEqual(['0 collect broadcast'])

    await swept(ledger, local)
    expect(await linesOf(payment)).toEqual(['0 authorize confirmed', '1 collect confirmed'])
    expect(await local.provider.getBalance(payment.address)).toBe(0n)
    expect(await isHalted()).toBe(false)
  })

  it('stops the chain and wakes a person when it was nothing of ours', async () => {
    const payment = await coinPayment(ledger, local)
    await roundWith({ broadcast: async () => ({ outcome: 'unknown', answers: [] }) })
    await stolenFrom(payment)
    await swept(ledger, local)
    expect(await linesOf(payment)).toEqual(['0 collect dropped'])
    expect(await isHalted()).toBe(true)
    expect(await ledger.db.prisma.sweeps.findMany()).toMatchObject([{ status: 'failed', reason: 'foreign_nonce' }])
  })

  it('is not given up while too few providers say that none of it was mined', async () => {
    const payment = await coinPayment(ledger, local)
    await roundWith({})
    const oneLies: Partial<ChainAccess> = { receipt: async () => null, isNowhere: async () => false }
    for (let n = 0; n < 5; n++) await roundWith(oneLies)
    expect(await isHalted()).toBe(false)
    await swept(ledger, local)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
  })

  async function roundWith(chain: Partial<ChainAccess>): Promise<void> {
    const context = contextOf(ledger, local)
    await sweepRound({ ...context, chain: { ...context.chain, ...chain }, lease: await ledger.lease() }, new Memory())
    await local.mine()
    await followChain(ledger.db, local.chain, local)
  }

  /** Somebody has the key. */
  async function stolenFrom({ address }: Payment): Promise<void> {
    const { index } = await ledger.db.prisma.deposit_addresses.findFirstOrThrow()
    const thief = HDNodeWallet.fromPhrase(ledger.mnemonic, '', `${ACCOUNT_PATH}/0/${index}`).connect(local.provider)
    expect(thief.address.toLowerCase()).toBe(address)
    await (await thief.sendTransaction({ to: local.gasWallet.address, value: 1n })).wait()
    await confirmed(ledger, local)
  }

  async function linesOf({ address }: Payment): Promise<string[]> {
    const rows = await ledger.db.prisma.sweep_transactions.findMany({
      where: { sender: Buffer.from(address.slice(2), 'hex') },
      orderBy: { nonce: 'asc' },
    })
    return rows.map(({ nonce, purpose, status }) => `${nonce} ${purpose} ${status}`)
  }

  async function isHalted(): Promise<boolean> {
    return (await sweepAlarms(ledger.db, local.chain.chainId)).halted
  }
})
