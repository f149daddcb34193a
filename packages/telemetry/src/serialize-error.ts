import { createHash } from 'node:crypto'
import { codeOf, isError } from './errors'
import { Repetitions } from './repetitions'

const CAUSES_MAX = 5
const STACK_AGAIN_MS = 15 * 60_000

export interface SerializedError {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: SerializedError
  readonly errors?: readonly SerializedError[]
  /** Names the stack: equal for errors of the same type from the same place. */
  readonly stack_ref?: string
  /** How often this process has logged that stack. */
  readonly seen?: number
}

/**
 * A serializer that writes each stack once in 15 minutes. Between, an error from the same place has `stack_ref` and `seen` in its
 * stead: a database that freezes for minutes makes thousands of equal stacks.
 */
export function errorSerializer(): (error: unknown) => SerializedError {
  const stacks = new Repetitions(STACK_AGAIN_MS)
  return (error) => {
    const serialized = serializeError(error)
    if (serialized.stack === undefined) return serialized
    const stack_ref = createHash('sha256').update(placeOf(serialized)).digest('hex').slice(0, 8)
    const { count: seen, isNews } = stacks.note(stack_ref)
    return { ...(isNews ? serialized : withoutStacks(serialized)), stack_ref, seen }
  }
}

/** The types and frames of an error and its causes. Messages name ids and times, so that no two are equal. */
function placeOf({ type, code, stack = '', cause, errors = [] }: SerializedError): string {
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '))
  const nested = [...(cause === undefined ? [] : [cause]), ...errors].map(placeOf)
  return [type, code, ...frames, ...nested].join('\n')
}

function withoutStacks({ stack: _, cause, errors, ...rest }: SerializedError): SerializedError {
  return {
    ...rest,
    ...(cause === undefined ? {} : { cause: withoutStacks(cause) }),
    ...(errors === undefined ? {} : { errors: errors.map(withoutStacks) }),
  }
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
