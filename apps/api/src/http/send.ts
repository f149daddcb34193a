import { createHash } from 'node:crypto'
import type { Request, Response } from 'express'
import { type Problem, renderProblem } from './problem'
import { contextOf } from './request-context'

export interface Sendable {
  readonly status: number
  readonly json: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a success, or a problem that was rendered before. A GET gets an ETag, and 304 if the client has it already. */
export function sendJson(request: Request, response: Response, { status, json, headers = {} }: Sendable): void {
  if (status >= 400) contextOf(request).problem = (JSON.parse(json) as { code: string }).code
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.setHeader('Content-Type', status >= 400 ? 'application/problem+json' : 'application/json')
  // A response may hold a secret, and is one caller's alone. Pages have set a rule of their own.
  if (!response.hasHeader('Cache-Control'))
    response.setHeader('Cache-Control', request.method === 'GET' ? 'private, no-cache' : 'no-store')
  if (request.method === 'GET' && status === 200) {
    const etag = etagOf(json)
    response.setHeader('ETag', etag)
    if (hasAlready(request.headers['if-none-match'], etag)) {
      response.removeHeader('Content-Type')
      response.writeHead(304).end()
      return
    }
  }
  response.setHeader('Content-Length', Buffer.byteLength(json))
  response.writeHead(status)
  response.end(request.method === 'HEAD' ? undefined : json)
}

export function sendProblem(request: Request, response: Response, problem: Problem, docsUrl: string): void {
  const { requestId, traceId } = contextOf(request)
  const json = JSON.stringify(renderProblem(problem, { requestId, traceId, docsUrl }))
  sendJson(request, response, { status: problem.status, json, headers: problem.more.headers ?? {} })
}

/** Strong: the same tag means the same bytes (RFC 9110 §8.8.3). */
function etagOf(json: string): string {
  return `"${createHash('sha256').update(json).digest('base64url').slice(0, 27)}"`
}

/** Not Express' `fresh`: it gives up on a request with `Cache-Control: no-cache`, which `fetch` adds of itself. */
function hasAlready(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}
