import { requestDeployment } from '@ctrip/db/chains/operator-requests'
import type { Address } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import type { PaymentId } from '@ctrip/domain/ids'
import { Memory } from '../src/context/round-memory'
import { sweepRound } from '../src/sweep-round'
import { followChain } from './support/follow-chain'
import { type Ledger, openLedger } from './support/ledger'
import { type LocalChain, startLocalChain } from './support/local-chain'
import { ODD_MODES, type OddMode } from './support/odd-token'
import { stopServers } from './support/servers'
import { confirmed, contextOf, swept } from './support/sweeping'

const VALUE = 1_000_000n

/** Collected, or left with this reason, when the token behaves so from before the plan on. */
const TABLE: readonly (readonly [OddMode, 'collected' | 'transfer_refused'])[] = [
  ['plain', 'collected'],
  ['returnsNothing', 'collected'],
  ['takesFee', 'collected'],
  ['returnsMuch', 'collected'],
  ['callsBack', 'collected'],
  ['small', 'collected'],
  ['returnsFalse', 'transfer_refused'],
  ['reverts', 'transfer_refused'],
  ['burnsGas', 'transfer_refused'],
]

afterAll(stopServers)

describe.each([
  ['by top-up', false],
  ['in batches', true],
])('tokens that are not what they should be, %s', (_name, batches) => {
  let ledger: Ledger
  let local: LocalChain

  beforeAll(async () => {
    ledger = await openLedger()
    local = await startLocalChain()
    await followChain(ledger.db, local.chain, local)
    if (!batches) return
    await ledger.db.transaction('test.deploy', (tx) => requestDeployment(tx, local.chain.chainId))
    await swept(ledger, local)
  })

  beforeEach(() => behave('plain'))

  afterAll(async () => {
    await local.stop()
    await ledger.close()
  })

  it.each(TABLE)('a token that %s is %s', async (mode, expected) => {
    await behave(mode)
    const payments = await pay(batches ? 8 : 1)
    await confirmed(ledger, local)
    await swept(ledger, local)
    const collected = expected === 'collected'
    const wanted = payments.map(() => (collected ? 'settled' : 'confirmed'))
    expect(await ledger.statuses(ids(payments))).toEqual(wanted)
    expect(await reasons(payments)).toEqual(collected ? [] : payments.map(() => expected))
    await forget()
  })

  it('collects from the others when one address is blocked in mid-way, and from that one when it is free', async () => {
    const payments = await pay(8)
    await confirmed(ledger, local)
    const [blocked] = payments
    await local.rpc('evm_setAutomine', [false])
    await local.odd.setBlocked(blocked?.address ?? '', true)
    await sweepRound({ ...contextOf(ledger, local), lease: await ledger.lease() }, new Memory())
    await local.mine()
    await local.rpc('evm_setAutomine', [true])
    await swept(ledger, local)
    const expected = payments.map((payment) => (payment === blocked ? 'confirmed' : 'settled'))
    if (batches) expect(await ledger.statuses(ids(payments))).toEqual(expected)
    await mined(local.odd.setBlocked(blocked?.address ?? '', false))
    await ledger.db.prisma.collection_waits.updateMany({ data: { retry_at: new Date(0) } })
    await swept(ledger, local)
    expect(await ledger.statuses(ids(payments))).toEqual(payments.map(() => 'settled'))
  })

  it('collects all that is left of a balance that shrank', async () => {
    const payments = await pay(batches ? 8 : 1)
    await confirmed(ledger, local)
    await mined(local.odd.setScale(9n * 10n ** 17n))
    await swept(ledger, local)
    expect(await ledger.statuses(ids(payments))).toEqual(payments.map(() => 'settled'))
    await mined(local.odd.setScale(10n ** 18n))
  })

  interface Paid {
    readonly id: PaymentId
    readonly address: Address
  }

  async function pay(count: number): Promise<Paid[]> {
    const payments: Paid[] = []
    for (let n = 0; n < count; n++) {
      const payment = await ledger.newPayment({ asset: local.oddAsset, amount: amount(VALUE) })
      await mined(local.odd.mint(payment.address, VALUE))
      payments.push(payment)
    }
    return payments
  }

  async function behave(mode: OddMode): Promise<void> {
    await mined(local.odd.setMode(ODD_MODES.indexOf(mode)))
  }

  async function reasons(payments: readonly Paid[]): Promise<string[]> {
    const waits = await ledger.db.prisma.collection_waits.findMany()
    const addresses = payments.map(({ address }) => address.slice(2))
    return waits
      .filter((row) => addresses.includes(Buffer.from(row.address).toString('hex')))
      .map(({ reason }) => reason)
  }

  /** What waits would be collected in the next test. */
  async function forget(): Promise<void> {
    await ledger.db.prisma.collection_waits.updateMany({ data: { retry_at: new Date(Date.now() + 3_600_000) } })
  }
})

async function mined(sent: Promise<{ wait(): Promise<unknown> }>): Promise<void> {
  await (await sent).wait()
}

function ids(payments: readonly { readonly id: PaymentId }[]): PaymentId[] {
  return payments.map(({ id }) => id)
}
