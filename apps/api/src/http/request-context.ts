import { randomUUID } from 'node:crypto'
import type { Logger } from '@ctrip/telemetry/logger'
import { inServerSpan } from '@ctrip/telemetry/server-span'
import { currentTraceparent, linkCurrentSpan, type Traceparent, traceIdOf } from '@ctrip/telemetry/spans'
import type { Request, RequestHandler, Response } from 'express'
import { activeRequests, apiErrors, requestDuration } from '../metrics'
import type { AdminCaller } from './endpoint'

/** What is known of a request while it is served, and logged when it is over. */
export interface RequestContext {
  readonly requestId: string
  readonly traceparent: Traceparent | null
  readonly traceId: string | null
  /** Method-independent pattern of the path; UNMATCHED until one is found. */
  route: string
  /** The code of the problem that was answered. */
  problem: string | null
  /** The operator who calls; null for merchants, payers and strangers. */
  operator: Pick<AdminCaller, 'operatorId' | 'name'> | null
  /** Open until somebody leaves: how long that is says nothing of how fast we answer. */
  streaming: boolean
  /** Such as `merchant_id`, `payment_id`. */
  readonly fields: Record<string, string>
}

const SANE_REQUEST_ID = /^[A-Za-z0-9._:-]{8,128}$/
const UNMATCHED = 'unmatched'
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS'])

const contexts = new WeakMap<Request, RequestContext>()

export function contextOf(request: Request): RequestContext {
  const context = contexts.get(request)
  if (context === undefined) throw new Error('a request without a context: openContext must come first')
  return context
}

/** First of all: names the request, counts it, and tells of it in one line when it is over. */
export function openContext(log: Logger): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now()
    activeRequests.add({}, 1)
    inServerSpan(request, response, {
      serve() {
        const context = newContext(request)
        contexts.set(request, context)
        response.setHeader('X-Request-Id', context.requestId)
        // Linked, not continued: our payment's trace is ours.
        const theirs = request.headers['traceparent']
        if (typeof theirs === 'string') linkCurrentSpan(theirs)
        next()
      },
      closed() {
        activeRequests.add({}, -1)
        const context = contextOf(request)
        report(log, request, response, context, performance.now() - startedAt)
        return context.route === UNMATCHED ? null : context.route
      },
    })
  }
}

function newContext(request: Request): RequestContext {
  const given = request.headers['x-request-id']
  const traceparent = currentTraceparent()
  return {
    requestId: typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : `req_${randomUUID()}`,
    traceparent,
    traceId: traceparent === null ? null : traceIdOf(traceparent),
    route: UNMATCHED,
    problem: null,
    operator: null,
    streaming: false,
    fields: {},
  }
}

function report(log: Logger, request: Request, response: Response, context: RequestContext, durationMs: number): void {
  const method = METHODS.has(request.method) ? request.method : 'OTHER'
  const { route, problem, streaming, traceparent } = context
  // A client that went away before the answer got none.
  const status = response.writableFinished ? String(response.statusCode) : 'aborted'
  if (!streaming)
    requestDuration.observe({ method, route, status_code: status }, durationMs / 1000, traceparent ?? undefined)
  if (problem !== null) apiErrors.inc({ route, code: problem })
  const line = {
    request_id: context.requestId,
    ...(context.traceId === null ? {} : { trace_id: context.traceId }),
    ...context.fields,
    method,
    route,
    status_code: response.writableFinished ? response.statusCode : null,
    ...(problem === null ? {} : { code: problem }),
    duration_ms: Math.round(durationMs * 10) / 10,
  }
  if (response.statusCode >= 500) log.warn(line, 'http.request')
  else log.info(line, 'http.request')
}
