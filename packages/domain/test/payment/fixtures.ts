import { type Address, parseAddress } from '../../src/address'
import { amount } from '../../src/amount'
import { type Hash, parseHash } from '../../src/hash'
import { newId } from '../../src/ids'
import { INITIAL_STATE } from '../../src/payment/initial-state'
import type { Asset, Payment, PaymentWithTransfers, Transfer } from '../../src/payment/payment'
import type { ChainView } from '../../src/payment/stages'
import { type Fact, type TransitionResult, transition } from '../../src/payment/transition'

const CHAIN_ID = 31337
export const EXPIRES_AT = new Date('2026-01-01T00:30:00Z')
export const NOW = new Date('2026-01-01T00:10:00Z')
export const USDC: Asset = {
  symbol: 'USDC',
  contract: address('0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed'),
  decimals: 6,
}
export const ETH: Asset = { symbol: 'ETH', contract: null, decimals: 18 }

export const BEFORE_EXPIRY: ChainView = { headNumber: 100, headTime: new Date(EXPIRES_AT.getTime() - 1_000) }
export const AT_EXPIRY: ChainView = { headNumber: 101, headTime: EXPIRES_AT }
export const AFTER_EXPIRY: ChainView = { headNumber: 102, headTime: new Date(EXPIRES_AT.getTime() + 1_000) }

/** A payment of 100 base units, pending, of which only its creation has been told. */
export function somePayment(changes: Partial<Payment> = {}): Payment {
  return {
    id: newId('payment'),
    merchantId: newId('merchant'),
    chain: 'anvil',
    chainId: CHAIN_ID,
    asset: USDC,
    amount: amount(100n),
    toleranceBps: 0,
    latePolicy: 'accept',
    address: address('0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359'),
    confirmationsRequired: 3,
    reference: null,
    metadata: {},
    checkoutUrl: 'https://pay.example/checkout',
    successUrl: null,
    cancelUrl: null,
    quote: null,
    checkoutSession: null,
    traceAnchor: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    createdAt: new Date('2026-01-01T00:00:00Z'),
    expiresAt: EXPIRES_AT,
    ...INITIAL_STATE,
    ...changes,
  }
}

let transactions = 0

/** An included USDC transfer, in time. */
export function someTransfer(units: bigint, changes: Partial<Transfer> = {}): Transfer {
  transactions += 1
  return {
    id: newId('transfer'),
    chain: 'anvil',
    chainId: CHAIN_ID,
    asset: USDC,
    kind: 'erc20',
    txHash: hash(transactions),
    ordinal: 0,
    logIndex: 0,
    from: address('0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb'),
    to: address('0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359'),
    amount: amount(units),
    blockNumber: 100,
    blockHash: hash(1_000_000),
    blockTime: new Date(changes.inTime === false ? EXPIRES_AT.getTime() + 1_000 : EXPIRES_AT.getTime() - 1_000),
    status: 'included',
    inTime: true,
    collected: false,
    ...changes,
  }
}

export function late(units: bigint, changes: Partial<Transfer> = {}): Transfer {
  return someTransfer(units, { inTime: false, blockNumber: 102, ...changes })
}

export function appeared(...transfers: readonly Transfer[]): Fact {
  return { kind: 'transfers_changed', appeared: transfers.map(({ id }) => id), reappeared: [], orphaned: [] }
}

export function reappeared(...transfers: readonly Transfer[]): Fact {
  return { kind: 'transfers_changed', appeared: [], reappeared: transfers.map(({ id }) => id), orphaned: [] }
}

export function confirmed(...transfers: readonly Transfer[]): Fact {
  return { kind: 'transfers_confirmed', confirmed: transfers.map(({ id }) => id) }
}

export function orphaned(...transfers: readonly Transfer[]): Fact {
  return { kind: 'transfers_changed', appeared: [], reappeared: [], orphaned: transfers.map(({ id }) => id) }
}

/** Decides, and requires a change. */
export function change(subject: PaymentWithTransfers, fact: Fact, chain: ChainView = BEFORE_EXPIRY) {
  const outcome = transition(subject, fact, chain, NOW)
  if (outcome.kind !== 'changed') throw new Error(`nothing changed: ${JSON.stringify(outcome)}`)
  return outcome
}

export function told(outcome: TransitionResult): string[] {
  return outcome.kind === 'changed' ? outcome.events.map(({ type }) => type) : []
}

export function stages(outcome: TransitionResult): string[] {
  return outcome.kind === 'changed' ? outcome.steps.map(({ to }) => to) : []
}

export function address(text: string): Address {
  const parsed = parseAddress(text)
  if (parsed === null) throw new Error(`no address: ${text}`)
  return parsed
}

export function hash(n: number): Hash {
  const parsed = parseHash(`0x${n.toString(16).padStart(64, '0')}`)
  if (parsed === null) throw new Error(`no hash: ${n}`)
  return parsed
}
