import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi'
import { z } from 'zod'
import type { EndpointSpec } from '../http/endpoint'
import { problemSchema } from '../schemas/problem'
import { idempotencyKeyHeader } from './headers'
import { webhooks } from './webhooks'

const ANY_ENDPOINT = {
  merchant: [401, 403, 429, 500, 503],
  admin: [401, 403, 429, 500, 503],
} as const
const ANY_INPUT = [422]
const ANY_BODY = [400, 413, 415]

export type OpenApiDocument = ReturnType<OpenApiGeneratorV31['generateDocument']>

/** OpenAPI 3.1, made of the schemas that validate. */
export function openApiDocument(
  endpoints: readonly { readonly spec: EndpointSpec }[],
  serverUrl: string,
): OpenApiDocument {
  const registry = new OpenAPIRegistry()
  const merchantKey = registry.registerComponent('securitySchemes', 'merchantKey', { type: 'http', scheme: 'bearer' })
  const adminKey = registry.registerComponent('securitySchemes', 'adminKey', { type: 'http', scheme: 'bearer' })
  const schemes = { merchant: merchantKey.name, admin: adminKey.name }
  // OpenAPI 3.1: for a bearer scheme the list names the roles that the call needs.
  for (const { spec } of endpoints) registry.registerPath(pathOf(spec, [{ [schemes[spec.access]]: [spec.scope] }]))
  registry.registerPath(HEALTH)
  for (const webhook of webhooks()) registry.registerWebhook(webhook)
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'cTrip',
      version: '1.0.0',
      description: 'Payments on EVM chains. Money is an integer string in base units; times are RFC 3339, UTC.',
    },
    servers: [{ url: serverUrl }],
  })
}

function pathOf(spec: EndpointSpec, security: Record<string, string[]>[]): RouteConfig {
  return {
    method: spec.method,
    path: spec.path.replace(/:(\w+)/g, '{$1}'),
    operationId: spec.operation,
    tags: [spec.tag],
    summary: spec.summary,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    security,
    request: {
      params: spec.params,
      query: spec.query,
      ...(spec.method === 'post' ? { headers: idempotencyKeyHeader } : {}),
      ...(spec.body === null ? {} : { body: { required: isRequired(spec.body), content: json(spec.body) } }),
    },
    responses: {
      [spec.status]: { description: 'Done', content: json(spec.result) },
      ...(spec.statusFound === undefined ? {} : { 200: { description: spec.statusFound, content: json(spec.result) } }),
      ...Object.fromEntries(problemsOf(spec).map((status) => [status, PROBLEM])),
    },
  }
}

function problemsOf(spec: EndpointSpec): readonly number[] {
  const busy = spec.method === 'post' ? [409] : []
  const body = spec.body === null ? [] : ANY_BODY
  const path = Object.keys(spec.params.shape).length > 0 ? [400, 404] : []
  return [...new Set([...ANY_ENDPOINT[spec.access], ...ANY_INPUT, ...body, ...busy, ...path, ...spec.refusals])]
}

/** A body may be left out where an empty object would do. */
function isRequired(body: z.ZodType): boolean {
  return !body.safeParse({}).success
}

function json(schema: z.ZodType) {
  return { 'application/json': { schema } }
}

const HEALTH: RouteConfig = {
  method: 'get',
  path: '/health',
  operationId: 'getHealth',
  tags: ['Health'],
  summary: 'Whether the API answers',
  responses: { 200: { description: 'It does', content: json(z.object({ status: z.literal('ok') })) } },
}

const PROBLEM = { description: 'A problem', content: { 'application/problem+json': { schema: problemSchema } } }
