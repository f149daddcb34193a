import type { WebhookEndpointId } from '@ctrip/domain/ids'
import type { IdempotencyScope } from '../merchants/idempotency'

// What a sealed value is bound to: whoever seals, opens or seals anew must use the same words.

export function endpointSecretContext(id: WebhookEndpointId): string {
  return `webhook_endpoint:${id}`
}

/** Of the headers that its merchant wants sent along. */
export function endpointHeadersContext(id: WebhookEndpointId): string {
  return `webhook_endpoint_headers:${id}`
}

export function storedAnswerContext({ caller, method, path, key }: IdempotencyScope): string {
  return JSON.stringify(['idempotency', caller, method, path, key])
}
