/** Thrown for programmer errors only: it ends the unit of work, never the process. Business outcomes are values. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Asserts an invariant that our own code must keep. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Closes an exhaustive switch: a new case fails to compile here. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable case: ${String(value)}`)
}
