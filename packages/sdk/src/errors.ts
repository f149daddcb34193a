import type { Problem } from './generated/openapi.ts'

/** The gateway refused: `problem` says why (RFC 9457), `code` is for programs. */
export class CTripError extends Error {
  override readonly name = 'CTripError'

  constructor(
    readonly status: number,
    /** Null where the answer was none of the gateway's own: a proxy's, for instance. */
    readonly problem: Problem | null,
  ) {
    super(problem === null ? `The gateway answered with ${status}` : `${problem.title}: ${problem.detail}`)
  }

  get code(): string | null {
    return this.problem?.code ?? null
  }

  /** Quote it when you ask about a request. */
  get requestId(): string | null {
    return this.problem?.request_id ?? null
  }
}

/** No answer came, in spite of every retry. A POST may have been done all the same: repeat it with the same `idempotencyKey`. */
export class CTripConnectionError extends Error {
  override readonly name = 'CTripConnectionError'
}

/** A response with 2xx that is not the gateway's: `baseUrl` leads elsewhere, or a proxy responds in its place. */
export class CTripAnswerError extends Error {
  override readonly name = 'CTripAnswerError'

  constructor(
    readonly status: number,
    readonly contentType: string | null,
    options?: ErrorOptions,
  ) {
    super(`${status} with ${contentType ?? 'no content type'} instead of JSON: is baseUrl your gateway's?`, options)
  }
}

/** The webhook is not from your gateway, was altered on its way, or is too old. Answer 401, and do nothing. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError'
}
