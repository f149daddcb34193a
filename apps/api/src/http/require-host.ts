import type { RequestHandler } from 'express'
import { Problem } from './problem'
import { sendProblem } from './send'

/** RFC 9112 §3.2: a request of HTTP/1.1 without Host is a 400. Node's own refusal would be without a body, and without our headers. */
export function requireHost(docsUrl: string): RequestHandler {
  const problem = new Problem(400, 'malformed_request', 'A request of HTTP/1.1 names its Host.')
  return (request, response, next) => {
    if (request.httpVersion !== '1.1' || request.headers.host !== undefined) next()
    else sendProblem(request, response, problem, docsUrl)
  }
}
