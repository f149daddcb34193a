import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requestDeployment } from '@ctrip/db/chains/operator-requests'
import { transaction } from '@ctrip/db/database/transaction'
import { recordedBalance } from '@ctrip/db/sweeps/recorded-balance'
import { amount } from '@ctrip/domain/amount'
import type { Asset, Payment } from '@ctrip/domain/payment/payment'
import { followChain } from './support/follow-chain'
import { type Ledger, openLedger } from './support/ledger'
import { type LocalChain, startLocalChain } from './support/local-chain'
import { behave, type OddTokenContract } from './support/odd-token'
import { stopServers } from './support/servers'
import { confirmed, contextOf, swept } from './support/sweeping'
import { type Behaviour, renderZoo, ZOO, ZOO_VALUE } from './support/zoo-behaviours'

/** Enough for a batch to be cheaper. */
const PAYMENTS_OF_EACH = 3

interface Cage {
  readonly behaviour: Behaviour
  readonly token: OddTokenContract
  readonly asset: Asset
  readonly payments: readonly Payment[]
}

afterAll(stopServers)

it('docs/tokens.md has the table of what comes of each token', () => {
  const docs = readFileSync(join(__dirname, '../../../docs/tokens.md'), 'utf8')
  expect(docs).toContain(renderZoo())
})

/** All behaviours are swept in the same rounds, good beside bad: none delays another. */
describe.each([
  ['by top-up', false],
  ['in batches', true],
])('a zoo of tokens, %s', (_name, batches) => {
  let ledger: Ledger
  let local: LocalChain
  const cages = new Map<string, Cage>()
  let roundsBefore: Date

  beforeAll(async () => {
    ledger = await openLedger()
    local = await startLocalChain({ zooDecimals: ZOO.map(({ decimals }) => decimals ?? 6) })
    await followChain(ledger.db, local.chain, local)
    if (batches) {
      await transaction(ledger.db, 'test.deploy', (tx) => requestDeployment(tx, local.chain.chainId))
      await swept(ledger, local)
    }
    for (const [n, behaviour] of ZOO.entries()) cages.set(behaviour.name, await cageOf(behaviour, n))
    await confirmed(ledger, local)
    for (const { behaviour, token, payments } of cages.values()) {
      await behave(token, behaviour.mode)
      const addresses = payments.map(({ address }) => address)
      await behaviour.alter?.(token, { treasury: local.chain.treasury, addresses })
    }
    roundsBefore = new Date()
    await swept(ledger, local, contextOf(ledger, local))
  }, 300_000)

  afterAll(async () => {
    await local.stop()
    await ledger.close()
  })

  it.each(ZOO)('books what a token truly moved that $name', async ({ name, ...behaviour }) => {
    const { token, asset, payments } = cage(name)
    expect(await itemsOf(asset)).toEqual(
      behaviour.collected + behaviour.fee === 0n ? [] : payments.map(() => `${behaviour.collected} + ${behaviour.fee}`),
    )
    const held = await Promise.all(payments.map(({ address }) => token.trueBalanceOf(address)))
    expect(held).toEqual(payments.map(() => behaviour.stays))
    expect(await token.trueBalanceOf(local.chain.treasury)).toBe(behaviour.collected * BigInt(payments.length))
    for (const { address } of payments) {
      const recorded = await recordedBalance(ledger.db.prisma, local.chain.chainId, address, asset)
      expect(behaviour.stays - recorded).toBe(behaviour.unexplained ?? 0n)
    }
  })

  it.each(ZOO)('settles what left, and says why the rest waits, of a token that $name', async (behaviour) => {
    const { asset, payments } = cage(behaviour.name)
    expect(await ledger.statuses(payments.map(({ id }) => id))).toEqual(payments.map(() => behaviour.payment))
    const waits = await ledger.db.prisma.collection_waits.findMany({ where: { asset_symbol: asset.symbol } })
    expect(waits.map(({ reason }) => reason)).toEqual(payments.flatMap(() => behaviour.waits ?? []))
    for (const { failures, retry_at } of waits) {
      expect(failures).toBeGreaterThan(0)
      expect(retry_at.getTime()).toBeGreaterThan(roundsBefore.getTime())
    }
  })

  it('collects most of the zoo as it was told to', async () => {
    const strategies = await ledger.db.prisma.sweeps.groupBy({ by: ['strategy'], where: { status: 'confirmed' } })
    expect(strategies.map(({ strategy }) => strategy).toSorted()).toEqual(
      batches ? ['delegated_batch', 'token_top_up'] : ['token_top_up'],
    )
  })

  async function cageOf(behaviour: Behaviour, n: number): Promise<Cage> {
    const found = local.zoo[n]
    if (found === undefined) throw new Error('the zoo is full')
    const payments: Payment[] = []
    for (let count = 0; count < PAYMENTS_OF_EACH; count++) {
      const payment = await ledger.newPayment({ asset: found.asset, amount: amount(ZOO_VALUE) })
      await (await found.token.mint(payment.address, ZOO_VALUE)).wait()
      payments.push(payment)
    }
    return { behaviour, ...found, payments }
  }

  function cage(name: string): Cage {
    const found = cages.get(name)
    if (found === undefined) throw new Error(`no token that ${name}`)
    return found
  }

  /** The results of an asset's sweeps that moved anything. */
  async function itemsOf({ symbol }: Asset): Promise<string[]> {
    const items = await ledger.db.prisma.sweep_items.findMany({ where: { sweeps: { asset_symbol: symbol } } })
    return items
      .map(({ amount_collected, token_fee }) => [BigInt(String(amount_collected ?? 0)), BigInt(String(token_fee ?? 0))])
      .filter(([collected = 0n, fee = 0n]) => collected + fee > 0n)
      .map(([collected, fee]) => `${collected} + ${fee}`)
  }
})
