import type { Database } from '@ctrip/db/database/database'
import { readPayments } from '@ctrip/db/payments/payments'
import type { Logger } from '@ctrip/telemetry/logger'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import { wrongMethod } from '../http/errors'
import { contextOf } from '../http/request-context'
import { livePayments } from './live-payments'
import { openStreams } from './open-streams'
import { type PageDeps, serveAsset, servePage, serveState } from './serve-page'

export interface CheckoutDeps extends PageDeps {
  readonly db: Database
  readonly log: Logger
}

/** The payer's page, and what keeps it up to date. Nobody has to log in: who has the link may look. */
export interface Checkout {
  readonly router: Router
  /** Reads what open pages show; a loop like any other. */
  readonly loop: { start(): void; stop(): Promise<void> }
  /** Ends the streams, which would hold up the stop: browsers come again, to another replica. */
  endStreams(): Promise<void>
}

/** Everything from here, nothing inline; a wallet's icon is given to the page as a data: URI (EIP-6963). */
const PAGE_CONTENT =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export function checkout(deps: CheckoutDeps): Checkout {
  const live = livePayments((ids) => deps.db.query('checkout.watch', (db) => readPayments(db, ids)), deps.log)
  const streams = openStreams({ ...deps, live })
  const routes: [string, (request: Request, response: Response) => Promise<void> | void][] = [
    ['/checkout/assets/:name', (request, response) => serveAsset(deps, request, response)],
    ['/checkout/:id', (request, response) => servePage(deps, request, response)],
    ['/checkout/:id/state', (request, response) => serveState(deps, request, response)],
    ['/checkout/:id/events', streams.open],
  ]
  const router = Router()
  for (const [path, serve] of routes) {
    router.get(path, named(path), serve)
    router.all(path, wrongMethod(['GET'], deps.docsUrl))
  }
  return { router, loop: live, endStreams: streams.endAll }
}

function named(path: string): RequestHandler {
  return (request, response, next) => {
    contextOf(request).route = path
    response.setHeader('Content-Security-Policy', PAGE_CONTENT)
    response.setHeader('Cache-Control', 'no-store')
    next()
  }
}
