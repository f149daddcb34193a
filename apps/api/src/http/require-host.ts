import type { RequestHandler } from 'express'
import { Problem } from './problem'
import { sendProblem } from './send'

/**
 * RFC 9112 §3.2: a request of HTTP/1.1 without Host, or with two of them, is a 400: a proxy may have judged by the other one. Node's own
 * refusal would be without a body, and without our headers; of two it keeps the first.
 */
export function requireHost(docsUrl: string): RequestHandler {
  const problem = new Problem(400, 'malformed_request', 'A request of HTTP/1.1 names its Host, once.')
  return (request, response, next) => {
    const hosts = request.rawHeaders.filter((name, n) => n % 2 === 0 && name.toLowerCase() === 'host').length
    if (hosts === 1 || (hosts === 0 && request.httpVersion !== '1.1')) next()
    else sendProblem(request, response, problem, docsUrl)
  }
}
