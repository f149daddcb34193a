import { types } from 'node:util'

/** Whether a thrown value is an error, also one of another realm: Jest gives tests an `Error` class of their own. */
export function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || types.isNativeError(thrown)
}

/** The code that Node, Postgres or Prisma give an error (`ECONNREFUSED`, `57P01`, `P2024`), or null. */
export function codeOf(thrown: unknown): string | null {
  return isError(thrown) && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null
}

/** The message of a thrown value, never empty. */
export function messageOf(thrown: unknown): string {
  return isError(thrown) ? thrown.message || codeOf(thrown) || thrown.name : String(thrown)
}
