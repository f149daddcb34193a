import { randomBytes } from 'node:crypto'
import { type Address, addressFromBytes, parseAddress } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import { type Hash, hashFromBytes } from '@ctrip/domain/hash'
import { idToUuid, newId } from '@ctrip/domain/ids'
import { INITIAL_STATE } from '@ctrip/domain/payment/initial-state'
import type { Asset, Payment } from '@ctrip/domain/payment/payment'
import { type BlockRef, startChain } from '../src/chains/chain-state'
import { insertBlock, recordTransfers, type ScannedBlock, type ScannedTransfer } from '../src/chains/scanned-blocks'
import type { Database, Executor } from '../src/database/database'
import { transaction } from '../src/database/transaction'
import { insertPayment, takeAddressIndexes } from '../src/payments/new-payments'

export const CHAIN = { chainId: 31337, chain: 'anvil' } as const
export const ETH: Asset = { symbol: 'ETH', contract: null, decimals: 18 }
export const USDC: Asset = {
  symbol: 'USDC',
  contract: parseAddress('0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed'),
  decimals: 6,
}
const CREATED_AT = new Date('2026-01-01T00:00:00Z')
export const EXPIRES_AT = new Date('2026-01-01T01:00:00Z')
const WALLET = 'wallet-of-the-tests'

/** A pending payment of 100 base units of ETH, in the database with its merchant and its address. */
export async function seedPayment(db: Database, changes: Partial<Payment> = {}): Promise<Payment> {
  const merchantId = changes.merchantId ?? newId('merchant')
  const payment = somePayment({ ...changes, merchantId })
  const [index = 0] = await takeAddressIndexes(db, 1)
  await transaction(db, 'test.seed', async (tx) => {
    await tx.$executeRaw`INSERT INTO merchants (id, name) VALUES (${idToUuid(merchantId)}::uuid, 'Shop') ON CONFLICT DO NOTHING`
    await tx.$executeRaw`INSERT INTO wallets (fingerprint) VALUES (${WALLET}) ON CONFLICT DO NOTHING`
    await insertPayment(tx, payment, { wallet: WALLET, index }, 'ctrip-api')
  })
  return payment
}

export function somePayment(changes: Partial<Payment> = {}): Payment {
  return {
    id: newId('payment'),
    merchantId: newId('merchant'),
    ...CHAIN,
    asset: ETH,
    amount: amount(100n),
    toleranceBps: 0,
    latePolicy: 'accept',
    address: randomAddress(),
    confirmationsRequired: 3,
    reference: null,
    metadata: {},
    checkoutUrl: 'https://pay.example/checkout',
    successUrl: null,
    cancelUrl: null,
    quote: null,
    checkoutSession: null,
    traceAnchor: `00-${randomBytes(16).toString('hex')}-${'b'.repeat(16)}-01`,
    createdAt: CREATED_AT,
    expiresAt: EXPIRES_AT,
    ...INITIAL_STATE,
    ...changes,
  }
}

/** Begins the chain at a block 0 of its own; `minutes` in blocks' numbers are their times after CREATED_AT. */
export async function seedChain(
  db: Database,
  chain: { chainId: number; chain: string } = CHAIN,
): Promise<ScannedBlock> {
  const genesis = { ...blockAt(0), parentHash: randomHash() }
  await transaction(db, 'test.chain', async (tx) => {
    await startChain(tx, { ...chain, parent: genesis, time: genesis.time })
    await insertBlock(tx, chain.chainId, genesis)
  })
  return genesis
}

/** A block on top of another: one a minute. */
export function blockOn(parent: BlockRef): ScannedBlock {
  return { ...blockAt(parent.number + 1), parentHash: parent.hash }
}

export function nativeTransfer(to: Address, units: bigint, changes: Partial<ScannedTransfer> = {}): ScannedTransfer {
  return {
    txHash: randomHash(),
    kind: 'native',
    position: 0,
    ordinal: 0,
    logIndex: null,
    from: randomAddress(),
    to,
    asset: ETH,
    amount: amount(units),
    ...changes,
  }
}

/** Writes a block with its transfers, as the scanner does before it tells the payments. */
export async function writeBlock(tx: Executor, block: ScannedBlock, transfers: readonly ScannedTransfer[]) {
  await insertBlock(tx, CHAIN.chainId, block)
  return recordTransfers(tx, CHAIN, block, transfers)
}

export function randomHash(): Hash {
  return hashFromBytes(randomBytes(32))
}

export function randomAddress(): Address {
  return addressFromBytes(randomBytes(20))
}

function blockAt(number: number): Omit<ScannedBlock, 'parentHash'> {
  return { number, hash: randomHash(), time: new Date(CREATED_AT.getTime() + number * 60_000), trust: 'proven' }
}
