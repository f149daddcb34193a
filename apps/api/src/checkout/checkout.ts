import type { Database } from '@ctrip/db/database/database'
import { readPayments } from '@ctrip/db/payments/payments'
import type { Logger } from '@ctrip/telemetry/logger'
import express, { type Request, type RequestHandler, type Response, Router } from 'express'
import { wrongMethod } from '../http/errors'
import { contextOf } from '../http/request-context'
import { livePayments } from './live-payments'
import { openStreams } from './open-streams'
import { serveAsset, servePage, serveState } from './serve-page'
import { type SessionPageDeps, serveChoice, serveLink, serveOpening, serveSession } from './serve-session'

export interface CheckoutDeps extends SessionPageDeps {
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
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

export function checkout(deps: CheckoutDeps): Checkout {
  const live = livePayments((ids) => deps.db.query('checkout.watch', (db) => readPayments(db, ids)), deps.log)
  const streams = openStreams({ ...deps, live })
  const routes: [string, (request: Request, response: Response) => Promise<void> | void][] = [
    ['/checkout/assets/:name', (request, response) => serveAsset(deps, request, response)],
    ['/checkout/:id', (request, response) => (isSession(request) ? serveSession : servePage)(deps, request, response)],
    ['/checkout/:id/state', (request, response) => serveState(deps, request, response)],
    ['/checkout/:id/events', streams.open],
  ]
  const router = Router()
  for (const [path, serve] of routes) {
    router.get(path, named(path), serve)
    router.all(path, wrongMethod(['GET'], deps.docsUrl))
  }
  const form = express.urlencoded({ extended: false, limit: FORM_BYTES_MAX })
  router.post('/checkout/:id/choose', named('/checkout/:id/choose'), form, (request, response) =>
    serveChoice(deps, request, response),
  )
  router.all('/checkout/:id/choose', wrongMethod(['POST'], deps.docsUrl))
  router.get('/pay/:id', named('/pay/:id'), (request, response) => serveLink(deps, request, response))
  router.post('/pay/:id', named('/pay/:id'), form, (request, response) => serveOpening(deps, request, response))
  router.all('/pay/:id', wrongMethod(['GET', 'POST'], deps.docsUrl))
  return { router, loop: live, endStreams: streams.endAll }
}

const FORM_BYTES_MAX = 2_048

function isSession({ params }: Request): boolean {
  return String(params['id']).startsWith('cs_')
}

function named(path: string): RequestHandler {
  return (request, response, next) => {
    contextOf(request).route = path
    response.setHeader('Content-Security-Policy', PAGE_CONTENT)
    response.setHeader('Cache-Control', 'no-store')
    next()
  }
}
