import { addressFromBytes } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import { hashFromBytes } from '@ctrip/domain/hash'
import { newId } from '@ctrip/domain/ids'
import { INITIAL_STATE } from '@ctrip/domain/payment/initial-state'
import type { Asset, Payment, Transfer } from '@ctrip/domain/payment/payment'

export const ETH: Asset = { symbol: 'ETH', contract: null, decimals: 18 }

const ADDRESS = addressFromBytes(new Uint8Array(20).fill(7))
const HASH = hashFromBytes(new Uint8Array(32).fill(7))

/** One ether on Anvil, pending until half past twelve. */
export function somePayment(changes: Partial<Payment> = {}): Payment {
  return {
    id: newId('payment'),
    merchantId: newId('merchant'),
    chain: 'anvil',
    chainId: 31337,
    asset: ETH,
    amount: amount(10n ** 18n),
    toleranceBps: 0,
    latePolicy: 'accept',
    address: ADDRESS,
    confirmationsRequired: 12,
    reference: null,
    metadata: {},
    checkoutUrl: 'https://pay.example/checkout/x',
    successUrl: null,
    cancelUrl: null,
    quote: null,
    checkoutSession: null,
    traceAnchor: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    createdAt: new Date('2026-01-31T12:00:00Z'),
    expiresAt: new Date('2026-01-31T12:30:00Z'),
    ...INITIAL_STATE,
    ...changes,
  }
}

/** All of it, in block 98. */
export function someTransfer(changes: Partial<Transfer> = {}): Transfer {
  return {
    id: newId('transfer'),
    chain: 'anvil',
    chainId: 31337,
    asset: ETH,
    kind: 'native',
    txHash: HASH,
    ordinal: 0,
    logIndex: null,
    from: ADDRESS,
    to: ADDRESS,
    amount: amount(10n ** 18n),
    blockNumber: 98,
    blockHash: HASH,
    blockTime: new Date('2026-01-31T12:10:00Z'),
    status: 'included',
    inTime: true,
    collected: false,
    ...changes,
  }
}
