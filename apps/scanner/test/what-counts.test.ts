import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import { deployPayer, payerAt, type TestPayerContract } from '@ctrip/local-stack/test-payer'
import { Wallet } from 'ethers'
import { recordSweepAttempt, toAddress } from './support/ledger'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n

describe('what counts as a payment', () => {
  let scanning: Scanning
  let contract: TestPayerContract
  let contractAddress: string

  beforeAll(async () => {
    scanning = await openScanning()
    const deployed = await deployPayer(scanning.local.payer, 100n * ETHER)
    contract = deployed.payer
    contractAddress = deployed.address
  })
  afterAll(() => scanning.close())

  describe('native coin moved by contracts', () => {
    it('credits what a contract wallet sends, as an internal transfer', async () => {
      const payment = await newPayment()
      await mined(contract.send(payment.address, ETHER))
      expect(await paid(payment)).toMatchObject({ status: 'detected', kinds: ['internal'], amountReceived: ETHER })
      expect((await scanning.state()).internalTransfers).toBe('trace')
    })

    it('credits each payment of a batch payout', async () => {
      const payments = [await newPayment(), await newPayment(), await newPayment()]
      await mined(
        contract.payAll(
          payments.map(({ address }) => address),
          ETHER,
        ),
      )
      for (const payment of payments)
        expect(await paid(payment)).toMatchObject({ status: 'detected', amountReceived: ETHER })
    })

    it('credits both of two payments to one address in one transaction', async () => {
      const payment = await newPayment({ amount: amount(2n * ETHER) })
      await mined(contract.payAll([payment.address, payment.address], ETHER))
      expect(await paid(payment)).toMatchObject({
        status: 'detected',
        flags: ['multiple'],
        kinds: ['internal', 'internal'],
      })
    })

    it('leaves out what was undone within a transaction that succeeded', async () => {
      const payment = await newPayment()
      await mined(contract.sendTwiceFirstUndone(payment.address, 5n * ETHER, ETHER))
      expect(await paid(payment)).toMatchObject({ amountReceived: ETHER, kinds: ['internal'] })
    })

    it('credits a delegated call once, not again for its DELEGATECALL', async () => {
      const payment = await newPayment()
      await mined(contract.delegateSend(contractAddress, payment.address, ETHER))
      expect(await paid(payment)).toMatchObject({ amountReceived: ETHER, kinds: ['internal'] })
    })

    it('credits nothing of a transaction that failed', async () => {
      const payment = await newPayment()
      const sent = await contract.sendAndRevert(payment.address, ETHER, { gasLimit: 500_000n })
      await expect(sent.wait()).rejects.toThrow()
      expect(await paid(payment)).toMatchObject({ status: 'pending', kinds: [] })
    })
  })

  describe('native coin', () => {
    it('does not count a transfer whose receipt says failed', async () => {
      const payment = await newPayment()
      await scanning.local.rpc('anvil_setCode', [payment.address, '0x60006000fd'])
      const { payer } = scanning.local
      const sent = await payer.sendTransaction({ to: payment.address, value: ETHER, gasLimit: 100_000n })
      await expect(sent.wait()).rejects.toThrow()
      expect(await paid(payment)).toMatchObject({ status: 'pending', kinds: [] })
    })

    it('ignores a transfer of nothing', async () => {
      const payment = await newPayment()
      await scanning.pay(payment, 0n)
      expect(await paid(payment)).toMatchObject({ status: 'pending', kinds: [] })
    })

    it('ignores what an address sends to itself', async () => {
      const { rpc, provider } = scanning.local
      const wallet = Wallet.createRandom(provider)
      const payment = await newPayment({ address: toAddress(wallet.address) })
      await rpc('anvil_setBalance', [wallet.address, '0x56bc75e2d63100000'])
      await (await wallet.sendTransaction({ to: wallet.address, value: ETHER })).wait()
      expect(await paid(payment)).toMatchObject({ status: 'pending', kinds: [] })
    })

    it('records our own funding, and neither credits nor announces it', async () => {
      const payment = await newPayment()
      await recordSweepAttempt(scanning.ledger, await scanning.pay(payment, ETHER))
      expect(await paid(payment)).toMatchObject({
        status: 'pending',
        amountReceived: 0n,
        kinds: ['funding'],
        events: ['payment.created'],
      })
    })
  })

  describe('tokens', () => {
    it('credits two transfers in one transaction', async () => {
      const payment = await newUsdcPayment(3_000n)
      await mined(scanning.local.usdc.transfer(contractAddress, 3_000n))
      await mined(contract.collectTwice(scanning.local.usdcAddress, payment.address, 1_000n, 2_000n))
      expect(await paid(payment)).toMatchObject({ status: 'detected', flags: ['multiple'], amountReceived: 3_000n })
    })

    it('ignores a token that is not configured, whatever it announces', async () => {
      const payment = await newUsdcPayment(1_000n)
      await mined(contract.announce(contractAddress, payment.address, 1_000n))
      expect(await paid(payment)).toMatchObject({ status: 'pending', kinds: [], events: ['payment.created'] })
    })

    it('ignores the event of an ERC-721, which has the same topic', async () => {
      const payment = await newUsdcPayment(1_000n)
      const { rpc, usdcAddress, payer } = scanning.local
      const code = await rpc('eth_getCode', [usdcAddress, 'latest'])
      // Even from the configured contract itself.
      await rpc('anvil_setCode', [usdcAddress, await rpc('eth_getCode', [contractAddress, 'latest'])])
      await mined(payerAt(usdcAddress, payer).announceNft(payment.address, 1_000n))
      await rpc('anvil_setCode', [usdcAddress, code])
      expect(await paid(payment)).toMatchObject({ status: 'pending', kinds: [] })
    })

    it('ignores spam of zero tokens', async () => {
      const payment = await newUsdcPayment(1_000n)
      await mined(scanning.local.usdc.transfer(payment.address, 0n))
      expect(await paid(payment)).toMatchObject({ status: 'pending', kinds: [] })
    })

    it('tells of another configured asset, and does not credit it', async () => {
      const payment = await newPayment()
      await mined(scanning.local.usdc.transfer(payment.address, 7n))
      expect(await paid(payment)).toMatchObject({
        status: 'pending',
        flags: ['wrong_asset'],
        events: ['payment.created', 'transfer.unmatched'],
      })
    })

    it('tells of money for a payment of another chain', async () => {
      const payment = await newPayment({ chain: 'elsewhere', chainId: 999 })
      await scanning.pay(payment, ETHER)
      expect(await paid(payment)).toMatchObject({
        status: 'pending',
        flags: ['wrong_chain'],
        events: ['payment.created', 'transfer.unmatched'],
      })
    })
  })

  describe('amounts and times', () => {
    it.each([
      { sent: ETHER - 1n, tolerance: 0, status: 'partially_paid', flags: [] },
      { sent: ETHER, tolerance: 0, status: 'detected', flags: [] },
      { sent: ETHER + 1n, tolerance: 0, status: 'detected', flags: ['overpaid'] },
      { sent: (ETHER * 99n) / 100n, tolerance: 100, status: 'detected', flags: [] },
      { sent: (ETHER * 99n) / 100n - 1n, tolerance: 100, status: 'partially_paid', flags: [] },
      { sent: (ETHER * 101n) / 100n, tolerance: 100, status: 'detected', flags: [] },
      { sent: (ETHER * 101n) / 100n + 1n, tolerance: 100, status: 'detected', flags: ['overpaid'] },
    ])('finds $sent of 1 ETH with a tolerance of $tolerance: $status $flags', async (row) => {
      const payment = await newPayment({ toleranceBps: row.tolerance })
      await scanning.pay(payment, row.sent)
      expect(await paid(payment)).toMatchObject({ status: row.status, flags: row.flags, amountReceived: row.sent })
    })

    it('carries an expired payment on with late money', async () => {
      const payment = await newPayment(EXPIRED)
      await scanning.pay(payment, ETHER)
      expect(await paid(payment)).toMatchObject({
        status: 'detected',
        flags: ['late'],
        events: ['payment.created', 'payment.expired', 'payment.late', 'payment.detected'],
      })
    })

    it('tells of money for a canceled payment, and leaves it canceled', async () => {
      const payment = await newPayment({ status: 'canceled' })
      await scanning.pay(payment, ETHER)
      expect(await paid(payment)).toMatchObject({
        status: 'canceled',
        amountReceived: ETHER,
        events: ['payment.created', 'transfer.unmatched'],
      })
    })
  })

  const EXPIRED = { createdAt: new Date(Date.now() - 10_000), expiresAt: new Date(Date.now() - 5_000) }

  function newPayment(terms: Partial<Payment> = {}): Promise<Payment> {
    return scanning.ledger.newPayment(terms)
  }

  function newUsdcPayment(units: bigint): Promise<Payment> {
    const contract = scanning.local.chain.tokens[0]?.contract ?? null
    return newPayment({ asset: { symbol: 'USDC', contract, decimals: 6 }, amount: amount(units) })
  }

  async function mined(sending: ReturnType<TestPayerContract['send']>): Promise<void> {
    await (await sending).wait()
  }

  /** What the ledger says once everything has been scanned. */
  async function paid({ id }: Payment) {
    await scanning.scan()
    const { payment, transfers } = await scanning.ledger.read(id)
    return { ...payment, kinds: transfers.map(({ kind }) => kind), events: await scanning.ledger.eventTypes(id) }
  }
})
