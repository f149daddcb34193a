import type { Endpoint } from '../http/endpoint'
import { createApiKey } from './admin/create-api-key'
import { createMerchant } from './admin/create-merchant'
import { listApiKeys } from './admin/list-api-keys'
import { listMerchants } from './admin/list-merchants'
import { createOperator, listOperators, revokeOperator } from './admin/operators'
import { requestBackfill } from './admin/request-backfill'
import { requestSweeps } from './admin/request-sweeps'
import { revokeApiKey } from './admin/revoke-api-key'
import { rollApiKey } from './admin/roll-api-key'
import { showPayment } from './admin/show-payment'
import { showTimeline } from './admin/show-timeline'
import { updateMerchant } from './admin/update-merchant'
import { listChains } from './chains/list-chains'
import { createCheckoutSession } from './checkout-sessions/create-session'
import { createSessionPayment } from './checkout-sessions/create-session-payment'
import { expireCheckoutSession } from './checkout-sessions/expire-session'
import { getCheckoutSession, getSessionTimeline, listCheckoutSessions } from './checkout-sessions/read-sessions'
import { getDelivery } from './deliveries/get-delivery'
import { listDeliveries } from './deliveries/list-deliveries'
import { getEvent } from './events/get-event'
import { listEvents } from './events/list-events'
import { resendEvent } from './events/resend-event'
import {
  createPaymentLink,
  getPaymentLink,
  listPaymentLinks,
  updatePaymentLink,
} from './payment-links/payment-link-routes'
import { acceptPayment } from './payments/accept-payment'
import { cancelPayment } from './payments/cancel-payment'
import { createPayment } from './payments/create-payment'
import { getPayment } from './payments/get-payment'
import { getTimeline } from './payments/get-timeline'
import { listPayments } from './payments/list-payments'
import { updatePayment } from './payments/update-payment'
import { listRates } from './rates/list-rates'
import { getSweep } from './sweeps/get-sweep'
import { listSweeps } from './sweeps/list-sweeps'
import { createWebhookEndpoint } from './webhook-endpoints/create-webhook-endpoint'
import { deleteWebhookEndpoint } from './webhook-endpoints/delete-webhook-endpoint'
import { getWebhookEndpoint } from './webhook-endpoints/get-webhook-endpoint'
import { listWebhookEndpoints } from './webhook-endpoints/list-webhook-endpoints'
import { replayWebhooks } from './webhook-endpoints/replay-webhooks'
import { rotateWebhookSecret } from './webhook-endpoints/rotate-webhook-secret'
import { testWebhookEndpoint } from './webhook-endpoints/test-webhook-endpoint'
import { updateWebhookEndpoint } from './webhook-endpoints/update-webhook-endpoint'

const all = [
  createPayment,
  listPayments,
  getPayment,
  updatePayment,
  getTimeline,
  cancelPayment,
  acceptPayment,
  createCheckoutSession,
  listCheckoutSessions,
  getCheckoutSession,
  createSessionPayment,
  expireCheckoutSession,
  getSessionTimeline,
  createPaymentLink,
  listPaymentLinks,
  getPaymentLink,
  updatePaymentLink,
  listChains,
  listRates,
  createWebhookEndpoint,
  listWebhookEndpoints,
  getWebhookEndpoint,
  updateWebhookEndpoint,
  deleteWebhookEndpoint,
  rotateWebhookSecret,
  testWebhookEndpoint,
  replayWebhooks,
  listDeliveries,
  getDelivery,
  listEvents,
  getEvent,
  resendEvent,
  listSweeps,
  getSweep,
  createMerchant,
  listMerchants,
  updateMerchant,
  createApiKey,
  listApiKeys,
  revokeApiKey,
  rollApiKey,
  createOperator,
  listOperators,
  revokeOperator,
  showPayment,
  showTimeline,
  requestBackfill,
  requestSweeps,
] as const

type DepsOf<Each> = Each extends Endpoint<infer Deps> ? (deps: Deps) => void : never
type All<Each> = DepsOf<Each> extends (deps: infer Deps) => void ? Deps : never

/** What the endpoints need, all together. */
export type EndpointDeps = All<(typeof all)[number]>

/** Every call of the API, in the order of its reference. */
export const endpoints: readonly Endpoint<EndpointDeps>[] = all
