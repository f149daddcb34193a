import type { PaymentSubject } from '@ctrip/db/payments/payments'
import type { PaymentId } from '@ctrip/domain/ids'
import { workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'

type Listener = (subject: PaymentSubject) => void

export interface LivePayments {
  /** Calls the listener with the payment as it is, about once a second, until the returned function is called. */
  watch(id: PaymentId, listener: Listener): () => void
  start(): void
  stop(): Promise<void>
}

const READ_EVERY_MS = 1_000
const PAYMENTS_PER_READ = 200

/** One reader for all who watch: a thousand open pages of one payment cost what one does, and none costs nothing. */
export function livePayments(
  read: (ids: readonly PaymentId[]) => Promise<PaymentSubject[]>,
  log: Logger,
): LivePayments {
  const listeners = new Map<PaymentId, Set<Listener>>()

  async function readWatched(): Promise<'idle'> {
    const ids = [...listeners.keys()]
    for (let from = 0; from < ids.length; from += PAYMENTS_PER_READ) {
      for (const subject of await read(ids.slice(from, from + PAYMENTS_PER_READ)))
        for (const listener of listeners.get(subject.payment.id) ?? []) listener(subject)
    }
    return 'idle'
  }

  const loop = workLoop({ name: 'checkout', job: 'watch_payments', intervalMs: READ_EVERY_MS, run: readWatched, log })
  return {
    watch(id, listener) {
      const ofPayment = listeners.get(id) ?? new Set()
      listeners.set(id, ofPayment.add(listener))
      return () => {
        ofPayment.delete(listener)
        if (ofPayment.size === 0 && listeners.get(id) === ofPayment) listeners.delete(id)
      }
    },
    start: loop.start,
    stop: loop.stop,
  }
}
