import { openSecretBox } from '@ctrip/db/database/secret-box'
import { destinationPolicy } from '@ctrip/domain/destination-policy'
import { newId } from '@ctrip/domain/ids'
import type { Agent } from 'undici'
import { deliverWebhook } from '../../src/deliver-webhook'
import type { DeliveryAttempt } from '../../src/delivery-outcome'
import { hostResolver, type ResolverOptions, webhookAgent } from '../../src/guarded-agent'
import { endpointHeaders, signingKeys } from '../../src/sign-webhook'
import { SECRETS_KEY } from './database'

export interface Sender {
  readonly attempt: (url: string, signal?: AbortSignal) => Promise<DeliveryAttempt>
  /** With headers of the merchant's. */
  readonly attemptWith: (url: string, headers: Readonly<Record<string, string>>) => Promise<DeliveryAttempt>
  readonly close: () => Promise<void>
}

/** Makes attempts as the service does, without a database: policy, resolver, connections, signature, bounds. */
export function sender(allowedCidrs: readonly string[], resolver: ResolverOptions = {}): Sender {
  const agent: Agent = webhookAgent({ policy: destinationPolicy(allowedCidrs), resolve: hostResolver(resolver) })
  const box = openSecretBox([SECRETS_KEY])
  const keys = signingKeys(box)
  const endpointId = newId('webhookEndpoint')
  const sealedSecret = box.seal('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', `webhook_endpoint:${endpointId}`)
  const anchor = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const send = (url: string, signal: AbortSignal, headers: Readonly<Record<string, string>> | null) => {
    const eventId = newId('event')
    const body = JSON.stringify({ id: eventId })
    return deliverWebhook(
      { dispatcher: agent, keys, endpointHeaders: endpointHeaders(box) },
      {
        id: newId('delivery'),
        eventId,
        endpointId,
        merchantId: newId('merchant'),
        leaseToken: '',
        attempts: 0,
        dueAt: new Date(),
        url,
        sealedSecret,
        sealedPreviousSecret: null,
        sealedHeaders:
          headers === null ? null : box.seal(JSON.stringify(headers), `webhook_endpoint_headers:${endpointId}`),
        troubled: false,
        probe: false,
      },
      {
        id: eventId,
        type: 'payment.confirmed',
        body,
        bytes: Buffer.from(body),
        traceAnchor: anchor,
        traceparent: anchor,
        createdAt: new Date(),
        paymentId: newId('payment'),
      },
      signal,
    )
  }
  return {
    attempt: (url, signal = new AbortController().signal) => send(url, signal, null),
    attemptWith: (url, headers) => send(url, new AbortController().signal, headers),
    close: () => agent.destroy(),
  }
}
