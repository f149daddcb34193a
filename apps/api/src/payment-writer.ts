import { isUnavailable } from '@ctrip/db/database/errors'
import type { NewPayment } from '@ctrip/db/payments/create-payments'
import { inSpan, linkCurrentSpan } from '@ctrip/telemetry/spans'

export interface PaymentWriter {
  /** Resolves once the payment is committed; false if its Idempotency-Key is taken, and nothing was written. */
  write(payment: NewPayment): Promise<boolean>
}

type WriteBatch = (payments: readonly NewPayment[]) => Promise<readonly boolean[]>

const BATCH_MAX = 64
/** While one batch commits, the next is on its way. */
const IN_FLIGHT_MAX = 2

interface Waiting {
  readonly payment: NewPayment
  readonly resolve: (written: boolean) => void
  readonly reject: (error: unknown) => void
}

/**
 * Writes payments together that are made at the same time: a lone one at once, under load as many as came while the last
 * batches were committing. Each round trip and each commit then serves many requests.
 */
export function paymentWriter(writeBatch: WriteBatch): PaymentWriter {
  const queue: Waiting[] = []
  let inFlight = 0

  function pump(): void {
    while (inFlight < IN_FLIGHT_MAX && queue.length > 0) {
      inFlight++
      void settle(queue.splice(0, BATCH_MAX)).finally(() => {
        inFlight--
        pump()
      })
    }
  }

  function enqueue(payment: NewPayment): Promise<boolean> {
    return new Promise((resolve, reject) => {
      queue.push({ payment, resolve, reject })
      // Not at once: a batch takes all requests that arrive in the same turn.
      setImmediate(pump)
    })
  }

  async function settle(batch: readonly Waiting[]): Promise<void> {
    const payments = batch.map(({ payment }) => payment)
    try {
      // A trace of its own: it belongs to no request more than to the others.
      const written = await inSpan('write payments', { root: true }, () => writeLinked(payments))
      for (const [n, waiting] of batch.entries()) waiting.resolve(written[n] === true)
    } catch (error) {
      // Those behind them would wait as long, one batch after the other, and hear the same.
      if (isUnavailable(error)) for (const waiting of [...batch, ...queue.splice(0)]) waiting.reject(error)
      // One that cannot be written must not fail the others: each for itself, once.
      else if (batch.length > 1) await Promise.all(batch.map((waiting) => settle([waiting])))
      else for (const waiting of batch) waiting.reject(error)
    }
  }

  async function writeLinked(payments: readonly NewPayment[]): Promise<readonly boolean[]> {
    const written = await writeBatch(payments)
    // Only to what is there: the anchor of what was not written is never exported.
    for (const [n, { payment }] of payments.entries()) if (written[n] === true) linkCurrentSpan(payment.traceAnchor)
    return written
  }

  return {
    // In the request's own trace: how long it waited for the batch that wrote it.
    write: (payment) => inSpan('wait for the write', {}, () => enqueue(payment)),
  }
}
