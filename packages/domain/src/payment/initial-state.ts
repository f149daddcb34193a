import { ZERO } from '../amount'
import type { PaymentState } from './payment'

/** Of a payment of which nothing but its creation has been told. */
export const INITIAL_STATE: PaymentState = {
  status: 'pending',
  flags: [],
  amountReceived: ZERO,
  amountConfirmed: ZERO,
  sequence: 1,
  amountAccepted: null,
  cancelRequestedAt: null,
  detectedAt: null,
  confirmedAt: null,
  settledAt: null,
}
