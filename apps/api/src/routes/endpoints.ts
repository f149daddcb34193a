import type { Endpoint } from '../http/endpoint'
import { createApiKey } from './admin/create-api-key'
import { createMerchant } from './admin/create-merchant'
import { listApiKeys } from './admin/list-api-keys'
import { listMerchants } from './admin/list-merchants'
import { revokeApiKey } from './admin/revoke-api-key'
import { createPayment } from './payments/create-payment'
import { getPayment } from './payments/get-payment'
import { listPayments } from './payments/list-payments'
import { createWebhookEndpoint } from './webhook-endpoints/create-webhook-endpoint'

type DepsOf<Each> = Each extends Endpoint<infer Deps> ? (deps: Deps) => void : never
type All<Each> = DepsOf<Each> extends (deps: infer Deps) => void ? Deps : never

const all = [
  createPayment,
  listPayments,
  getPayment,
  createWebhookEndpoint,
  createMerchant,
  listMerchants,
  createApiKey,
  listApiKeys,
  revokeApiKey,
] as const

/** What the endpoints need, all together. */
export type EndpointDeps = All<(typeof all)[number]>

/** Every call of the API, in the order of its reference. */
export const endpoints: readonly Endpoint<EndpointDeps>[] = all
