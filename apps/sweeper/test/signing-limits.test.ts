import type { Payment } from '@ctrip/domain/payment/payment'
import { openFollowedChain } from './support/followed-chain'
import type { Ledger } from './support/ledger'
import type { LocalChain } from './support/local-chain'
import { coinPayment, newTokenPayment, tokenPayment } from './support/payments'
import { steppedSweeper } from './support/rounds'
import { stopServers } from './support/servers'
import { confirmed, swept } from './support/sweeping'

const GWEI = 10n ** 9n
const ETHER = 10n ** 18n
const CEILING = 200n * GWEI

describe('limits of fees, at each signature', () => {
  let ledger: Ledger
  let local: LocalChain
  let close: () => Promise<void>

  beforeEach(async () => {
    ;({ ledger, local, close } = await openFollowedChain())
  })

  afterEach(() => close())

  afterAll(stopServers)

  it('signs nothing above the ceiling for what was planned while gas was cheap, and continues when it is cheap again', async () => {
    await setGasWallet(0n)
    const payment = await tokenPayment(ledger, local)
    const sweeper = steppedSweeper(ledger, local)
    await sweeper.round()
    expect(await sweeper.waits()).toEqual(['gas_wallet_low'])
    await sweeper.block(1_000)
    await setGasWallet(10n * ETHER)
    await sweeper.round()
    expect(await sweeper.attempts()).toEqual([])
    expect(await sweeper.waits()).toEqual(['gas_price_too_high'])
    await sweeper.block(180)
    await sweeper.round()
    expect(await sweeper.attempts()).toMatchObject([{ cap: CEILING }])
    expect(await sweeper.waits()).toEqual([])
    await settles(payment)
    expect((await sweeper.attempts()).every(({ cap }) => cap <= CEILING)).toBe(true)
  })

  it('hands no address more than a transaction or a day may cost, whatever the data of a rollup is said to cost', async () => {
    await tokenPayment(ledger, local)
    const sweeper = steppedSweeper(ledger, local, () => ({ dataFee: async () => (ETHER / 2n) as never }))
    const limited = (limits: object) => ({ config: { ...local.chain, sweep: { ...local.chain.sweep, ...limits } } })
    sweeper.restart(limited({ maxFeePerTransaction: ETHER / 20n }))
    await sweeper.round()
    expect(await sweeper.waits()).toEqual(['transaction_limit_reached'])
    sweeper.restart(limited({ maxFeePerDay: ETHER / 20n }))
    await sweeper.round()
    expect(await sweeper.waits()).toEqual(['daily_limit_reached'])
    expect(await sweeper.attempts()).toEqual([])
  })

  it('signs nothing that costs more than its share of the money, also where only the top-up was cheap enough', async () => {
    const payment = await tokenPayment(ledger, local)
    const sweeper = steppedSweeper(ledger, local)
    // Worth 1.5 of native coin, of which 1 % may be spent: about 200 gwei for the two transactions' gas.
    const priced = { ...local.usdcAsset, minSweep: 0n, nativePrice: { numerator: ETHER, denominator: 1_000_000n } }
    sweeper.restart({ config: { ...local.chain, tokens: [priced as never] } })
    await setGasWallet(0n)
    await sweeper.round()
    await setGasWallet(10n * ETHER)
    const sweep = { ...local.chain.sweep, maxGasPriceWei: 10_000n * GWEI }
    sweeper.restart({ config: { ...local.chain, tokens: [priced as never], sweep } })
    await sweeper.block(300)
    await sweeper.round()
    expect(await sweeper.waits()).toEqual(['fee_too_high'])
    await sweeper.block(100)
    await sweeper.round()
    expect(await sweeper.attempts()).toHaveLength(1)
    await sweeper.block(400)
    await sweeper.round()
    expect(await sweeper.waits()).toEqual(['fee_too_high'])
    expect(await sweeper.attempts()).toHaveLength(1)
    await sweeper.block(50)
    await settles(payment)
  })

  it('reports an empty gas wallet once, with counts and what it lacks, and that it was filled', async () => {
    await setGasWallet(0n)
    const payments = [await newTokenPayment(ledger, local), await newTokenPayment(ledger, local)]
    await confirmed(ledger, local)
    const sweeper = steppedSweeper(ledger, local)
    for (let block = 0; block < 10; block++) {
      await sweeper.round()
      await sweeper.block(1)
    }
    const told = sweeper.warnings.filter(({ msg }) => msg !== 'sweep.impossible')
    expect(told).toMatchObject([{ msg: 'sweep.waiting', sweeps: { gas_wallet_low: 2 } }])
    const shortage = await ledger.db.prisma.gas_wallet_shortages.findFirstOrThrow()
    const missing = BigInt(shortage.missing.toFixed(0))
    await setGasWallet((missing * 12n) / 10n)
    await sweeper.round()
    expect(await sweeper.waits()).toEqual([])
    expect(await ledger.db.prisma.gas_wallet_shortages.count()).toBe(0)
    for (const payment of payments) await settles(payment)
  })

  it('leaves a waiting nonce as it is while its replacement would be above the ceiling, says so, and survives fifty rising blocks', async () => {
    const payment = await coinPayment(ledger, local)
    await local.rpc('evm_setAutomine', [false])
    const sweeper = steppedSweeper(ledger, local)
    await sweeper.round()
    let baseFee = 1
    for (let block = 0; block < 50; block++) {
      baseFee *= 1.125
      // Evicted each time: no block has it, and no pool.
      await local.rpc('anvil_dropAllTransactions')
      await sweeper.block(baseFee)
      await sweeper.round(block + 1)
    }
    const attempts = await sweeper.attempts()
    expect(attempts.length).toBeLessThan(60)
    expect(attempts.every(({ cap }) => cap <= CEILING)).toBe(true)
    expect(await sweeper.waits()).toEqual(['gas_price_too_high'])
    await local.rpc('evm_setAutomine', [true])
    await sweeper.block(1)
    await settles(payment)
    expect(await local.provider.getBalance(payment.address)).toBe(0n)
  })

  it('raises a whole line that a jump of the base fee has left behind in one round, top-ups and what they hand over', async () => {
    const payments: Payment[] = []
    for (let n = 0; n < 12; n++) payments.push(await newTokenPayment(ledger, local))
    await confirmed(ledger, local)
    await local.rpc('evm_setAutomine', [false])
    const sweeper = steppedSweeper(ledger, local)
    await sweeper.block(0.000_001)
    await sweeper.round()
    expect(await sweeper.attempts()).toHaveLength(12)
    await local.rpc('anvil_dropAllTransactions')
    await sweeper.block(10)
    await sweeper.round(1)
    const raised = (await sweeper.attempts()).slice(12)
    expect(raised).toHaveLength(12)
    expect(raised.every(({ cap }) => cap >= 10n * GWEI)).toBe(true)
    await local.rpc('evm_setAutomine', [true])
    for (const payment of payments) await settles(payment)
    // The values of the first signatures were too small for the new price: no address needed a second top-up.
    expect(await ledger.db.prisma.sweep_transactions.count({ where: { purpose: 'top_up' } })).toBe(12)
  })

  it('follows limits that were changed over a restart, in both directions', async () => {
    const payment = await coinPayment(ledger, local)
    const sweeper = steppedSweeper(ledger, local, (chain) => ({
      broadcast: async () => ({ outcome: 'unknown', answers: [] }),
      head: chain.head,
    }))
    await sweeper.round()
    const limited = (maxGasPriceWei: bigint) => ({
      config: { ...local.chain, sweep: { ...local.chain.sweep, maxGasPriceWei } },
    })
    sweeper.restart(limited(1n))
    await sweeper.round(1)
    expect(await sweeper.attempts()).toHaveLength(1)
    expect(await sweeper.waits()).toEqual(['gas_price_too_high'])
    sweeper.restart(limited(CEILING))
    await sweeper.round(2)
    expect(await sweeper.attempts()).toHaveLength(2)
    expect(await sweeper.waits()).toEqual([])
    await settles(payment)
  })

  async function setGasWallet(wei: bigint): Promise<void> {
    await local.rpc('anvil_setBalance', [local.gasWallet.address, `0x${wei.toString(16)}`])
  }

  async function settles(payment: Payment): Promise<void> {
    await ledger.db.prisma.collection_waits.updateMany({ data: { retry_at: new Date(0) } })
    await swept(ledger, local)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
  }
})
