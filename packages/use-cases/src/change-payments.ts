import type { Executor } from '@ctrip/db/database/database'
import { type PaymentChange, type PaymentSubject, readPayments, savePayments } from '@ctrip/db/payments/payments'
import type { Hash } from '@ctrip/domain/hash'
import type { PaymentId } from '@ctrip/domain/ids'
import type { ChainView } from '@ctrip/domain/payment/stages'
import { type Fact, type TransitionResult, transition } from '@ctrip/domain/payment/transition'
import { currentTraceparent, inAnchoredSpan } from '@ctrip/telemetry/spans'

export interface Cause {
  /** Who does it: a service's name, or an API key's id. */
  readonly actor: string
  readonly blockNumber?: number
  readonly txHash?: Hash
  /** How far a chain has been scanned, where this transaction itself moves it. */
  readonly chain?: { readonly chainId: number; readonly view: ChainView }
}

export interface ChangeResult {
  readonly subject: PaymentSubject
  readonly outcome: TransitionResult
}

/**
 * Tells payments a fact and saves what follows from it: the one way in which a payment changes. The caller has locked them
 * (`lockPayments`) and written what the fact is about (transfers, sweeps) in the same transaction. After the commit it hands
 * the result to `reportChanges`.
 */
export async function changePayments(
  tx: Executor,
  ids: readonly PaymentId[],
  factFor: (subject: PaymentSubject) => Fact,
  cause: Cause,
): Promise<ChangeResult[]> {
  const results: ChangeResult[] = []
  const changes: PaymentChange[] = []
  for (const read of await readPayments(tx, ids)) {
    const subject = read.payment.chainId === cause.chain?.chainId ? { ...read, chain: cause.chain.view } : read
    const outcome = transition(subject, factFor(subject), subject.chain, new Date())
    results.push({ subject, outcome })
    if (outcome.kind === 'changed') changes.push(await markInTrace(subject, outcome, cause))
  }
  await savePayments(tx, changes)
  return results
}

/** The change as a span of the payment's trace, which its events name as their origin. */
async function markInTrace(
  { payment }: PaymentSubject,
  outcome: PaymentChange['outcome'],
  { actor, blockNumber, txHash }: Cause,
): Promise<PaymentChange> {
  const attributes = {
    'ctrip.payment.id': payment.id,
    'ctrip.chain': payment.chain,
    ...(txHash === undefined ? {} : { 'ctrip.tx.hash': txHash }),
  }
  const name = outcome.events.at(-1)?.type ?? 'payment.progressed'
  const traceparent = await inAnchoredSpan(name, { anchor: payment.traceAnchor, attributes }, async () =>
    currentTraceparent(),
  )
  return {
    before: payment,
    outcome,
    actor,
    blockNumber: blockNumber ?? null,
    traceparent: traceparent ?? payment.traceAnchor,
  }
}
