import { setTimeout as sleep } from 'node:timers/promises'
import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { acceptBlock, withdrawBlock } from '@ctrip/db/chains/accepted-blocks'
import { transaction } from '@ctrip/db/database/transaction'
import { writerLease } from '@ctrip/db/leases/lease-names'
import { amount } from '@ctrip/domain/amount'
import { parseHash } from '@ctrip/domain/hash'
import type { Payment } from '@ctrip/domain/payment/payment'
import { deployPayer, type TestPayerContract } from '@ctrip/local-stack/test-payer'
import { hexlify, Wallet } from 'ethers'
import { z } from 'zod'
import { recordBlock } from '../src/record-block'
import { both, changing, failing, mapObjects, withTransactions } from './support/behaviours'
import { toAddress } from './support/ledger'
import type { Behaviour } from './support/rpc-proxy'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n
const PAUSE_MS = 1_100 // a rate-limited provider is left alone for a second

/** As a chain whose headers we cannot encode: nothing else is changed. */
const foreign = changing('eth_getBlockByNumber', (block) => ({
  ...z.looseObject({}).parse(block),
  gasUsed: '0x1',
  l1Field: '0x1',
}))
/** The true hash, over a header that hides its lie behind an unknown field, and a thousand times the value. */
const forged = both(
  foreign,
  changing('eth_getBlockByNumber', (block) => withTransactions(block, { value: `0x${(1000n * ETHER).toString(16)}` })),
)
const withoutLogs = changing('eth_getBlockReceipts', (receipts) => mapObjects(receipts, { logs: [] }))

/** Each transaction is said to come from where it goes. */
const selfPaying = changing('eth_getBlockByNumber', (block) => {
  const { transactions, ...rest } = z.looseObject({ transactions: z.array(z.unknown()) }).parse(block)
  const self = (one: unknown) => {
    const { to, ...rest } = z.looseObject({}).parse(one)
    return typeof to === 'string' ? { ...rest, to, from: to } : one
  }
  return { ...rest, transactions: transactions.map((one) => (typeof one === 'object' ? self(one) : one)) }
})

const UNASKABLE: readonly (readonly [string, Behaviour])[] = [
  ['limits its rate', () => ({ status: 429 })],
  ['fails', () => ({ status: 503 })],
  ['has no receipts', failing(/Receipt/, { result: null })],
]

describe('a provider that lies under a true hash, and another that may not be asked', () => {
  let scanning: Scanning

  beforeAll(async () => {
    scanning = await openScanning({ proxies: 3, settings: { quorum: 2, internal_transfers: 'none' } })
  })
  beforeEach(() => behave(scanning, [null, null, null]))
  afterAll(() => scanning.close())

  it.each(UNASKABLE)('credits nothing of a forged block while the honest provider %s', async (_, unaskable) => {
    const payment = await paid(scanning, ETHER / 1000n)
    const selective = onlyBlocks(unaskable)
    behave(scanning, [forged, selective, selective])
    await expect(scanning.scan()).rejects.toThrow(
      /proxy-0 has contents .*, not provable: unknown header fields: l1Field/,
    )
    expect(await scanning.payment(payment.id)).toMatchObject({ status: 'pending', amountReceived: 0n })
    behave(scanning, [forged, null, null])
    await sleep(PAUSE_MS)
    await scanning.scan()
    expect(await scanning.payment(payment.id)).toMatchObject({ amountReceived: ETHER / 1000n })
    expect((await scanning.state()).trust).toBe('proven')
  })

  it('credits what two providers tell alike of a block that nobody can prove, and not what one tells', async () => {
    const payment = await paid(scanning, ETHER)
    behave(scanning, [forged, foreign, foreign])
    await scanning.scan()
    expect(await scanning.payment(payment.id)).toMatchObject({ amountReceived: ETHER })
    expect((await scanning.state()).trust).toBe('agreed')
  })

  it('waits for a second provider before it believes that a block that nobody can prove pays nobody', async () => {
    const { usdc, usdcAddress } = scanning.local
    const contract = scanning.local.chain.tokens[0]?.contract ?? null
    expect(contract).toBe(usdcAddress.toLowerCase())
    const asset = { symbol: 'USDC', contract, decimals: 6 }
    const payment = await scanning.ledger.newPayment({ asset, amount: amount(7n) })
    await (await usdc.transfer(payment.address, 7n)).wait()
    const unaskable = onlyBlocks(() => ({ status: 503 }))
    behave(scanning, [both(foreign, withoutLogs), unaskable, unaskable])
    await expect(scanning.scan()).rejects.toBeInstanceOf(RetryableRpcError)
    behave(scanning, [both(foreign, withoutLogs), foreign, unaskable])
    await expect(scanning.scan()).rejects.toThrow('not the same contents at 2 providers')
    behave(scanning, [both(foreign, withoutLogs), foreign, foreign])
    await scanning.scan()
    expect(await scanning.payment(payment.id)).toMatchObject({ amountReceived: 7n })
  })
})

describe('a provider that lies about senders', () => {
  let scanning: Scanning
  let contract: TestPayerContract

  beforeAll(async () => {
    scanning = await openScanning({ proxies: 1 })
    contract = (await deployPayer(scanning.local.payer, 10n * ETHER)).payer
  })
  beforeEach(() => behave(scanning, [null]))
  afterAll(() => scanning.close())

  it('hides no payment by saying that each address paid itself, and stops nothing', async () => {
    const payment = await scanning.ledger.newPayment({ amount: amount(2n * ETHER) })
    behave(scanning, [selfPaying])
    const hash = await scanning.pay(payment, ETHER)
    await (await contract.send(payment.address, ETHER)).wait()
    await scanning.scan()
    expect(await scanning.payment(payment.id)).toMatchObject({ status: 'detected', amountReceived: 2n * ETHER })
    const [row] = await scanning.ledger.transferRows(payment.id)
    expect(hexlify(row?.tx_hash ?? '0x')).toBe(hash)
    expect(hexlify(row?.from_address ?? '0x')).toBe(scanning.local.anvil.fundedAddress.toLowerCase())
  })

  it('credits nobody with what an address sent to itself', async () => {
    const { rpc, provider } = scanning.local
    const wallet = Wallet.createRandom(provider)
    const payment = await scanning.ledger.newPayment({ address: toAddress(wallet.address) })
    await rpc('anvil_setBalance', [wallet.address, '0x56bc75e2d63100000'])
    behave(scanning, [
      changing('eth_getBlockByNumber', (block) => withTransactions(block, { from: `0x${'11'.repeat(20)}` })),
    ])
    await (await wallet.sendTransaction({ to: wallet.address, value: ETHER })).wait()
    await scanning.scan()
    expect(await scanning.payment(payment.id)).toMatchObject({ status: 'pending', amountReceived: 0n })
    expect(await scanning.ledger.transferRows(payment.id)).toEqual([])
  })
})

describe('a block that its only provider cannot prove', () => {
  let scanning: Scanning

  beforeAll(async () => {
    scanning = await openScanning({ proxies: 1 })
  })
  afterAll(() => scanning.close())

  it('stops the chain, is named in the log, and is taken when an operator accepts it', async () => {
    const { ledger, local, logged } = scanning
    const [before, payment] = [await scanning.state(), await ledger.newPayment({})]
    const block = await mineUnsigned(scanning, payment)
    const named = { provider: 'proxy-0', check: 'transaction_hash', number: String(block.number), hash: block.hash }
    await expect(scanning.scan()).rejects.toThrow(
      `transaction_hash, transaction 0 has another hash block ${block.number} ${block.hash}`,
    )
    await expect(scanning.scan()).rejects.toThrow('unverified')
    const refused = logged.filter(({ msg, hash }) => msg === 'scanner.block_refused' && hash === named.hash)
    expect(refused).toEqual([expect.objectContaining({ ...named, count: 1 })])
    expect((await scanning.state()).cursor).toEqual(before.cursor)

    await acceptBlock(ledger.db.prisma, local.chain.chainId, block, 'the explorer shows it')
    await scanning.scan()
    expect(await scanning.payment(payment.id)).toMatchObject({ status: 'detected', amountReceived: ETHER })
    const { trust, trustReason } = await scanning.state()
    expect(trust).toBe('accepted')
    expect(trustReason).toContain('transaction_hash')
  })

  it('is not committed when the operator withdraws the acceptance after it was fetched', async () => {
    const { ledger, local, deps } = scanning
    const [before, payment] = [await scanning.state(), await ledger.newPayment({})]
    const block = await mineUnsigned(scanning, payment)
    const { signal } = new AbortController()
    await acceptBlock(ledger.db.prisma, local.chain.chainId, block, 'the explorer shows it')
    const fetched = await deps.source.fetchBlock({ hash: block.hash }, signal)
    if (fetched === null) throw new Error('no block')
    const withdraw = () =>
      transaction(ledger.db, 'test.withdraw', (tx) => withdrawBlock(tx, local.chain.chainId, block))
    expect(await withdraw()).toBe(true)
    const lease = await ledger.lease(writerLease(local.chain.chainId))
    const commit = () => recordBlock({ ...deps, lease }, before, fetched, signal)
    await expect(commit()).rejects.toThrow(`the acceptance of block ${block.number} was withdrawn`)
    expect((await scanning.state()).cursor).toEqual(before.cursor)

    await acceptBlock(ledger.db.prisma, local.chain.chainId, block, 'the explorer shows it')
    await commit()
    expect(await withdraw()).toBe(false)
    expect((await scanning.payment(payment.id)).status).toBe('detected')
  })
})

/** Mines a payment that nobody signed, so that its hash is not that of what the node tells. */
async function mineUnsigned({ local }: Scanning, { address }: Pick<Payment, 'address'>) {
  const stranger = Wallet.createRandom().address
  await local.rpc('anvil_setBalance', [stranger, '0x56bc75e2d63100000'])
  await local.rpc('anvil_impersonateAccount', [stranger])
  await local.rpc('eth_sendTransaction', [{ from: stranger, to: address, value: '0xde0b6b3a7640000' }])
  const block = await local.provider.getBlock('latest')
  const hash = parseHash(block?.hash ?? '')
  if (block === null || hash === null) throw new Error('no block')
  return { number: block.number, hash }
}

async function paid({ ledger, pay }: Scanning, value: bigint): Promise<Payment> {
  const payment = await ledger.newPayment({})
  await pay(payment, value)
  return payment
}

/** Tells its head and its hashes, and is so to who asks for whole blocks or receipts. */
function onlyBlocks(behaviour: Behaviour): Behaviour {
  return (request, ask) =>
    request.params[1] === true || /Receipt/.test(request.method) ? behaviour(request, ask) : ask(request)
}

/** One mood for each provider; null: honest. */
function behave({ local }: Scanning, moods: readonly (Behaviour | null)[]): void {
  for (const [at, proxy] of local.proxies.entries()) proxy.behave(moods[at] ?? null)
}
