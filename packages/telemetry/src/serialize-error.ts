import { codeOf, isError } from './errors'

const CAUSES_MAX = 5

export interface SerializedError {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: SerializedError
  readonly errors?: readonly SerializedError[]
}

/** An error as data for a log line: type, message, code, stack, and its causes, at most five deep (they may form a circle). */
export function serializeError(error: unknown, depth = 0): SerializedError {
  if (!isError(error)) return { type: typeof error, message: String(error) }
  const code = codeOf(error)
  return {
    type: error.name,
    message: error.message,
    ...(code === null ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(depth < CAUSES_MAX ? nestedErrors(error, depth + 1) : {}),
  }
}

function nestedErrors(error: Error, depth: number): Pick<SerializedError, 'cause' | 'errors'> {
  const several = 'errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[]) : []
  return {
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause, depth) }),
    ...(several.length === 0 ? {} : { errors: several.slice(0, CAUSES_MAX).map((one) => serializeError(one, depth)) }),
  }
}
