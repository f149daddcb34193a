const CAUSES_MAX = 5

export interface SerializedError {
  readonly type: string
  readonly message: string
  readonly code?: string | number
  readonly stack?: string
  readonly cause?: SerializedError
  readonly errors?: readonly SerializedError[]
}

/** An error as data for a log line: type, message, code, stack, and its causes, at most five deep (they may form a circle). */
export function serializeError(error: unknown, depth = 0): SerializedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) }
  const nested = depth < CAUSES_MAX
  return {
    type: error.name,
    message: error.message,
    ...codeOf(error),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(nested && error.cause !== undefined ? { cause: serializeError(error.cause, depth + 1) } : {}),
    ...(nested && error instanceof AggregateError
      ? { errors: error.errors.slice(0, CAUSES_MAX).map((one) => serializeError(one, depth + 1)) }
      : {}),
  }
}

function codeOf(error: Error): { code: string | number } | Record<string, never> {
  if (!('code' in error)) return {}
  return typeof error.code === 'string' || typeof error.code === 'number' ? { code: error.code } : {}
}
