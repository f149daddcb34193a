import { DELIVERY_STATUSES, type Delivery } from '@ctrip/db/webhooks/delivery-lists'
import { WEBHOOK_ERRORS, type WebhookError } from '@ctrip/domain/webhook-errors'
import { z } from 'zod'
import { idOf } from '../../schemas/ids'
import { timestamp } from '../../schemas/text'

export const deliverySchema = z
  .object({
    id: idOf('delivery'),
    object: z.literal('delivery'),
    event_id: idOf('event'),
    event_type: z.string(),
    endpoint_id: idOf('webhookEndpoint'),
    trigger: z.enum(['event', 'resend', 'replay', 'test']),
    status: z.enum(DELIVERY_STATUSES),
    attempts: z.array(
      z.object({
        n: z.number().int().min(1),
        at: timestamp(),
        status_code: z.number().int().nullable().meta({ description: 'Null: no answer came.' }),
        duration_ms: z.number().int().min(0),
        error: z.string().nullable().meta({ description: 'A word for programs.', example: 'certificate_expired' }),
        error_detail: z.string().nullable().meta({ description: 'The same in a sentence.' }),
        location: z.string().nullable().meta({ description: 'Where a redirect would have led.' }),
        response_body: z.string().nullable().meta({ description: 'Of failures, the first 16 KiB.' }),
      }),
    ),
    next_attempt_at: timestamp().nullable(),
    created_at: timestamp(),
    completed_at: timestamp().nullable(),
  })
  .meta({ id: 'Delivery' })

export function renderDelivery(delivery: Delivery): z.output<typeof deliverySchema> {
  return {
    id: delivery.id,
    object: 'delivery',
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    endpoint_id: delivery.endpointId,
    trigger: triggerOf(delivery),
    status: delivery.status,
    attempts: delivery.attempts.map((attempt) => ({
      n: attempt.n,
      at: attempt.at.toISOString(),
      status_code: attempt.statusCode,
      duration_ms: attempt.durationMs,
      error: attempt.error,
      error_detail: sentenceOf(attempt.error),
      location: attempt.location,
      response_body: attempt.responseBody,
    })),
    next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
    created_at: delivery.createdAt.toISOString(),
    completed_at: delivery.completedAt?.toISOString() ?? null,
  }
}

/** Null where it succeeded, and for words of earlier releases. */
function sentenceOf(error: string | null): string | null {
  return error !== null && Object.hasOwn(WEBHOOK_ERRORS, error) ? WEBHOOK_ERRORS[error as WebhookError] : null
}

/** What follows the colon only keeps one replay apart from another. */
function triggerOf({ trigger }: Delivery) {
  const [kind] = trigger.split(':', 1)
  return kind === 'resend' || kind === 'replay' || kind === 'test' ? kind : 'event'
}
