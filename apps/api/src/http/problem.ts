import type { ProblemCode } from './problem-codes'

/** One field that failed validation. */
export interface FieldError {
  /** Where in the request: `metadata.order`, `amount`. */
  readonly path: string
  readonly message: string
  readonly code: string
}

interface ProblemDetails {
  /** The parameter at fault, where it is one. */
  readonly param?: string
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer that is no success. A value, not an exception: handlers return it. */
export class Problem {
  constructor(
    readonly status: number,
    readonly code: ProblemCode,
    /** For people; never a secret, a stack or another merchant's data. */
    readonly detail: string,
    readonly more: ProblemDetails = {},
  ) {}
}

export interface ProblemContext {
  readonly requestId: string
  readonly traceId: string | null
  /** Where `type` is explained: the reference page has an anchor for each code. */
  readonly docsUrl: string
}

/** RFC 9457, application/problem+json. */
export function renderProblem({ status, code, detail, more }: Problem, context: ProblemContext) {
  return {
    type: `${context.docsUrl}#${code}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    code,
    ...(more.param === undefined ? {} : { param: more.param }),
    ...(more.errors === undefined ? {} : { errors: more.errors }),
    request_id: context.requestId,
    trace_id: context.traceId,
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  409: 'Conflict',
  413: 'Content too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  429: 'Too many requests',
  431: 'Request header fields too large',
  500: 'Internal server error',
  503: 'Service unavailable',
}

export function notFound(what: string): Problem {
  return new Problem(404, 'not_found', `There is no such ${what}.`)
}

export function conflict(code: ProblemCode, detail: string): Problem {
  return new Problem(409, code, detail)
}

export function invalid(param: string, code: ProblemCode, message: string): Problem {
  return new Problem(422, code, message, { param, errors: [{ path: param, message, code }] })
}

export function unavailable(): Problem {
  return new Problem(503, 'service_unavailable', 'The service cannot answer now. Nothing was changed; try again.', {
    headers: { 'Retry-After': '2' },
  })
}

export function unchecked(asset: string): Problem {
  const detail = `${asset} has not been compared with its contract yet. Nothing was changed; try again.`
  return new Problem(503, 'asset_unchecked', detail, { headers: { 'Retry-After': '2' } })
}

export function internalError(): Problem {
  return new Problem(500, 'internal_error', 'Something went wrong on our side. Quote the request id when you ask us.')
}
