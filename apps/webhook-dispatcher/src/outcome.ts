import type { ClaimedDelivery } from '@ctrip/db/webhooks/delivery-claims'
import type { Settlement } from '@ctrip/db/webhooks/delivery-settlement'
import type { Signal } from './circuit'
import type { Attempt } from './deliver-webhook'
import type { EventToDeliver } from './event-cache'

/** A claimed delivery, and what came of it. */
export interface Outcome {
  readonly claimed: ClaimedDelivery
  readonly settlement: Settlement
  /** Null where no attempt was made. */
  readonly attempted: { readonly attempt: Attempt; readonly signal: Signal; readonly event: EventToDeliver } | null
}
