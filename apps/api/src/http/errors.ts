import { DatabaseUnavailableError, isUnavailable } from '@ctrip/db/database/errors'
import type { Logger } from '@ctrip/telemetry/logger'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { internalError, notFound, Problem, unavailable } from './problem'
import { contextOf } from './request-context'
import { sendProblem } from './send'

/** Last: whatever was thrown becomes a problem, and is logged with its cause. Nothing of it goes out. */
export function handleErrors(log: Logger, docsUrl: string): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    // The client went away; nobody is left to be told.
    if (response.destroyed || response.headersSent) return void response.destroy()
    const problem = toProblem(error)
    if (problem.status >= 500) {
      const { requestId, route } = contextOf(request)
      log.error({ err: error, request_id: requestId, route }, 'http.failed')
    }
    sendProblem(request, response, problem, docsUrl)
  }
}

function toProblem(error: unknown): Problem {
  if (error instanceof DatabaseUnavailableError || isUnavailable(error)) return unavailable()
  // Express refuses a path that cannot be decoded.
  if (error instanceof URIError) return new Problem(400, 'malformed_path', 'The path is not valid.')
  return internalError()
}

export function unknownRoute(docsUrl: string): RequestHandler {
  return (request, response) => sendProblem(request, response, notFound('route'), docsUrl)
}

/** For a path that exists, under another method. */
export function wrongMethod(allowed: readonly string[], docsUrl: string): RequestHandler {
  const allow = allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed
  const problem = new Problem(405, 'method_not_allowed', `This path takes ${allowed.join(', ')}.`, {
    headers: { Allow: allow.join(', ') },
  })
  return (request, response) => sendProblem(request, response, problem, docsUrl)
}
