import type { PaymentSubject } from '@ctrip/db/payments/payments'
import type { Request, Response } from 'express'
import { clientAddress, payerKey } from '../http/client-address'
import { notFound, Problem } from '../http/problem'
import { contextOf } from '../http/request-context'
import { sendProblem } from '../http/send'
import { type EventStream, openEventStream } from './event-stream'
import { type FoundCheckout, findCheckout, queryText } from './find-checkout'
import type { LivePayments } from './live-payments'
import { seats } from './seats'
import type { PageDeps } from './serve-page'
import { snapshot, snapshotJson, versionOf } from './snapshot'

const STREAMS = { perCustomer: 16, perSite: 256, total: 2_000 }

export interface StreamDeps extends PageDeps {
  readonly live: Pick<LivePayments, 'watch'>
}

export interface OpenStreams {
  open(request: Request, response: Response): Promise<void>
  endAll(): Promise<void>
}

/** The streams of events that pages have open: at most so many, in all, of one network and of one customer. The others ask for the state. */
export function openStreams(deps: StreamDeps): OpenStreams {
  const free = seats(STREAMS)
  const open = new Set<EventStream>()

  async function serve(request: Request, response: Response): Promise<void> {
    const address = clientAddress(request)
    if (address === null) return void response.destroy()
    const leave = free.take(address)
    if (leave === null) return sendProblem(request, response, full(), deps.docsUrl)
    response.once('close', leave)
    const tooMany = deps.rateLimit.take(payerKey(request), response)
    if (tooMany !== null) return sendProblem(request, response, tooMany, deps.docsUrl)
    const found = await findCheckout(deps, request)
    if (found === null) return sendProblem(request, response, notFound('payment'), deps.docsUrl)
    if (response.destroyed || request.method === 'HEAD') return void response.end()
    contextOf(request).streaming = true
    follow(found, response, lastSeen(request))
  }

  function follow(found: FoundCheckout, response: Response, seen: string): void {
    let version = seen
    const tell = (subject: PaymentSubject): void => {
      const view = found.view(subject)
      if (versionOf(view) === version) return
      version = versionOf(view)
      stream.send(version, snapshotJson(snapshot(view), view.now))
    }
    const unwatch = deps.live.watch(found.subject.payment.id, tell)
    const stream = openEventStream(response, () => {
      unwatch()
      open.delete(stream)
    })
    open.add(stream)
    tell(found.subject) // what it missed, unless that is nothing
  }

  return {
    open: serve,
    async endAll() {
      for (const stream of open) stream.end()
    },
  }
}

/** What the browser has seen: the last event before the connection broke, or else the page as it was loaded. */
function lastSeen(request: Request): string {
  return request.get('last-event-id') ?? queryText(request, 'after') ?? ''
}

function full(): Problem {
  return new Problem(429, 'rate_limited', 'This address has too many streams open; ask for the state instead.', {
    headers: { 'Retry-After': '60' },
  })
}
