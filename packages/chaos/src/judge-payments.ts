import type { PaymentView } from './api-client'
import type { Movement } from './chain-facts'
import type { Ordered } from './traffic'
import type { Violation } from './violation'

/** The scanner follows its chain's clock: near the moment it may have expired a payment, or not yet. */
const FOLLOWS_WITHIN_MS = 30_000

/**
 * Checks that each transfer on the chain is recorded exactly once and that each payment has the status that its transfers support.
 * `current` is the payment as the API shows it; `chainTimeMs` is the clock of the payment's chain, which alone expires it.
 */
export function judgePayment(
  { payment, kind }: Pick<Ordered, 'payment' | 'kind'>,
  current: PaymentView,
  arrived: readonly Movement[],
  chainTimeMs: number,
): Violation[] {
  const violations: Violation[] = []
  const found = (rule: string, detail: string) => violations.push({ rule, subject: `${payment.id} (${kind})`, detail })
  const recorded = current.transfers.filter(({ status }) => status !== 'orphaned').map(spell)
  const onChain = arrived.map((moved) => spell({ ...moved, tx_hash: moved.txHash, amount: moved.amount.toString() }))
  for (const missing of without(onChain, recorded)) found('every transfer is recorded', missing)
  for (const extra of without(recorded, onChain)) found('nothing is recorded that is not on the chain', extra)
  const counted = arrived.filter(({ chain, asset }) => chain === payment.chain && asset === payment.asset.symbol)
  const received = counted.reduce((total, { amount }) => total + amount, 0n)
  if (received.toString() !== current.amount_received)
    found('amount_received is what arrived', `${current.amount_received}, on the chain ${received}`)
  const expected = statusesFor(received, BigInt(payment.amount), current, chainTimeMs)
  if (!expected.includes(current.status))
    found('the state is what the transfers support', `${current.status} instead of ${expected.join(' or ')}`)
  return violations
}

function statusesFor(
  received: bigint,
  amount: bigint,
  { status, expires_at }: PaymentView,
  chainTimeMs: number,
): string[] {
  if (status === 'canceled') return ['canceled'] // stays canceled whatever arrives
  if (received >= amount) return ['settled']
  const open = received === 0n ? 'pending' : 'partially_paid'
  const expiredForMs = chainTimeMs - Date.parse(expires_at)
  if (expiredForMs > FOLLOWS_WITHIN_MS) return ['expired']
  return expiredForMs > -FOLLOWS_WITHIN_MS ? ['expired', open] : [open]
}

function spell({ tx_hash, kind, amount }: { tx_hash: string; kind: string; amount: string }): string {
  return `${tx_hash} ${kind} ${amount}`
}

/** The elements that the first list has more often than the second. */
function without(first: readonly string[], second: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const one of second) left.set(one, (left.get(one) ?? 0) + 1)
  return first.filter((one) => {
    const count = left.get(one) ?? 0
    left.set(one, count - 1)
    return count <= 0
  })
}
