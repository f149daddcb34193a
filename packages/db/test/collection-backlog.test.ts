import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import { transaction } from '../src/database/transaction'
import { collectionBacklog } from '../src/sweeps/collection-backlog'
import { recordWaits } from '../src/sweeps/collection-waits'
import { type Ledger, openLedger } from './ledger'
import { blockOn, CHAIN, ETH, nativeTransfer, randomHash, seedChain, seedPayment, USDC, writeBlock } from './seed'

let ledger: Ledger
let payment: Payment
beforeEach(async () => {
  ledger = await openLedger()
  payment = await seedPayment(ledger.db)
  const block = blockOn(await seedChain(ledger.db))
  const eth = (units: bigint) => nativeTransfer(payment.address, units)
  const usdc = nativeTransfer(payment.address, 2_500_000n, { kind: 'erc20', asset: USDC, logIndex: 0 })
  await transaction(ledger.db, 'test.block', (tx) =>
    writeBlock(tx, block, [eth(10n ** 18n), { ...eth(5n * 10n ** 17n), txHash: randomHash(), position: 1 }, usdc]),
  )
})
afterEach(() => ledger.close())

const confirm = () => ledger.db.prisma.transfers.updateMany({ data: { status: 'confirmed' } })
const backlog = () => collectionBacklog(ledger.db, CHAIN.chainId)

test('counts each address once, and adds up what is confirmed there, asset by asset', async () => {
  await confirm()
  expect((await backlog()).toSorted((a, b) => a.assetSymbol.localeCompare(b.assetSymbol))).toEqual([
    { assetSymbol: 'ETH', addresses: 1, value: 1.5 },
    { assetSymbol: 'USDC', addresses: 1, value: 2.5 },
  ])
})

test('leaves out what is not confirmed', async () => {
  expect(await backlog()).toEqual([])
})

test('does not count an address as waiting that holds less than is worth a sweep; its money is still there', async () => {
  await confirm()
  const wait = { asset: ETH, amount: amount(1n), reason: 'below_min_sweep', failures: 0, retryAt: new Date() } as const
  await transaction(ledger.db, 'test.wait', (tx) =>
    recordWaits(tx, CHAIN.chainId, [{ ...wait, address: payment.address }]),
  )
  expect(await backlog()).toContainEqual({ assetSymbol: 'ETH', addresses: 0, value: 1.5 })
})
