import { isUnavailable } from '@ctrip/db/database/errors'
import type { Request, Response } from 'express'
import { payerKey } from '../http/client-address'
import { notFound } from '../http/problem'
import type { RateLimit } from '../http/rate-limit'
import { sendProblem } from '../http/send'
import { findAsset } from './assets'
import { type FindDeps, findCheckout, localeOf } from './find-checkout'
import { checkoutPage, messagePage } from './page'
import { snapshot, snapshotJson } from './snapshot'

export interface PageDeps extends FindDeps {
  readonly rateLimit: Pick<RateLimit, 'take'>
  readonly docsUrl: string
}

const KEEP_FOR_EVER = 'public, max-age=31536000, immutable'
const ASK_AGAIN = 'public, max-age=0, must-revalidate'

/** The page itself. Whatever goes wrong, a payer gets a page in words. */
export async function servePage(deps: PageDeps, request: Request, response: Response): Promise<void> {
  const say = (status: number, what: Parameters<typeof messagePage>[1]): void => {
    response
      .status(status)
      .type('html')
      .send(messagePage(localeOf(request), what).text)
  }
  response.setHeader('Vary', 'Accept-Language')
  if (deps.rateLimit.take(payerKey(request), response) !== null) return say(429, 'busy')
  try {
    const found = await findCheckout(deps, request)
    if (found === null) return say(404, 'missing')
    const view = found.view(found.subject)
    response.type('html').send(checkoutPage(view, snapshot(view)).text)
  } catch (error) {
    if (!isUnavailable(error)) throw error
    response.setHeader('Retry-After', '5')
    say(503, 'unavailable')
  }
}

/** What the stream would say, for browsers that get none. */
export async function serveState(deps: PageDeps, request: Request, response: Response): Promise<void> {
  const tooMany = deps.rateLimit.take(payerKey(request), response)
  if (tooMany !== null) return sendProblem(request, response, tooMany, deps.docsUrl)
  const found = await findCheckout(deps, request)
  if (found === null) return sendProblem(request, response, notFound('payment'), deps.docsUrl)
  const view = found.view(found.subject)
  response.type('json').send(snapshotJson(snapshot(view), view.now))
}

export async function serveAsset({ docsUrl }: PageDeps, request: Request, response: Response): Promise<void> {
  const asset = findAsset(String(request.params['name']))
  if (asset === null) return sendProblem(request, response, notFound('file'), docsUrl)
  // During a rollout a page may ask the old replica for the new file: it gets the old one, and does not keep it.
  response.setHeader('Cache-Control', request.query['v'] === asset.version ? KEEP_FOR_EVER : ASK_AGAIN)
  response.type(asset.type).send(asset.content)
}
