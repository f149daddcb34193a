import type { Logger } from '@ctrip/telemetry/logger'
import express, { type Express } from 'express'
import helmet from 'helmet'
import type { Checkout } from './checkout/checkout'
import type { TrustProxy } from './config'
import type { Endpoint } from './http/endpoint'
import { handleErrors, unknownRoute, wrongMethod } from './http/errors'
import { contextOf, openContext } from './http/request-context'
import { requireHost } from './http/require-host'
import { type ServeDeps, serveEndpoint } from './http/serve-endpoint'
import { docsPage } from './openapi/docs-page'
import { openApiDocument } from './openapi/document'
import { type EndpointDeps, endpoints } from './routes/endpoints'

export type AppDeps = ServeDeps &
  EndpointDeps & {
    readonly log: Logger
    readonly publicUrl: string
    readonly trustProxy: TrustProxy
    readonly checkout: Checkout
  }

/** Nothing of an answer may be run or shown as a page; pages set policies of their own. */
const API_CONTENT = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }
const PAGE_CONTENT = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"

/** The HTTP API: every endpoint, its reference, and a problem for everything else. */
export function createApp(deps: AppDeps): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag') // ours are of the bytes, on GET only
  // One path, one spelling: an Idempotency-Key belongs to its path, and would be another one under `/payments/`.
  app.enable('strict routing')
  app.enable('case sensitive routing')
  app.set('query parser', 'simple')
  // Payers are limited, and keys bound, by address: only proxies that the operator names may say another one than theirs.
  app.set('trust proxy', deps.trustProxy)
  app.use(openContext(deps.log))
  app.use((_request, response, next) => {
    deps.rateLimit.announce(response)
    next()
  })
  app.use(helmet({ contentSecurityPolicy: { useDefaults: false, directives: API_CONTENT } }))
  app.use(requireHost(deps.docsUrl))
  serveReference(app, deps)
  app.use(deps.checkout.router)
  for (const [path, group] of Map.groupBy(endpoints, ({ spec }) => spec.path)) serveGroup(app, path, group, deps)
  app.use(unknownRoute(deps.docsUrl))
  app.use(handleErrors(deps.log, deps.docsUrl))
  return app
}

function serveReference(app: Express, { publicUrl, docsUrl }: AppDeps): void {
  const document = openApiDocument(endpoints, publicUrl)
  const pages = {
    '/health': { type: 'application/json', content: JSON.stringify({ status: 'ok' }) },
    '/openapi.json': { type: 'application/json', content: JSON.stringify(document) },
    '/docs': { type: 'text/html', content: docsPage(document), policy: PAGE_CONTENT },
  }
  for (const [path, page] of Object.entries(pages)) {
    app.get(path, (request, response) => {
      contextOf(request).route = path
      if ('policy' in page) response.setHeader('Content-Security-Policy', page.policy)
      response.type(page.type).send(page.content)
    })
    app.all(path, wrongMethod(['GET'], docsUrl))
  }
}

function serveGroup(app: Express, path: string, group: readonly Endpoint<AppDeps>[], deps: AppDeps): void {
  for (const endpoint of group) app[endpoint.spec.method](path, serveEndpoint(endpoint, deps))
  const methods = group.map(({ spec }) => spec.method.toUpperCase())
  app.all(path, wrongMethod(methods, deps.docsUrl))
}
