/** Another writer changed the row since it was read: the unit of work starts again from what is there now. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
}

/** The lease was lost, or never held: whoever has it now does the work. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError'
}

/** Postgres cannot be reached, has no connection to give, or took too long: nothing was decided, try again later. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError'
}

/** Class 40: the transaction was rolled back by Postgres' own choice (serialization failure, deadlock). */
const ROLLED_BACK = new Set(['40001', '40P01'])
/** What a prepared statement returns has changed since (feature not supported: we use nothing else that Postgres lacks). */
const PLAN_OUTDATED = '0A000'
/** Classes 08 and 57P: connection lost, shutting down, starting up; 53300: too many connections; 25P03: idle in transaction too long. */
const AWAY = ['08000', '08001', '08003', '08004', '08006', '57P01', '57P02', '57P03', '53300', '25P03']
/** 55P03: lock_timeout; 57014: statement_timeout. */
const TOO_LONG = ['55P03', '57014']
/** Raised by functions of the database that are fenced by a lease. */
const LEASE_LOST = 'CT001'
const UNAVAILABLE = new Set([...AWAY, ...TOO_LONG])
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])
/** Prisma's own names for the same: https://www.prisma.io/docs/orm/reference/error-reference */
const PRISMA_AWAY = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028'])
const PRISMA_ROLLED_BACK = new Set(['P2034'])
const ADAPTER_AWAY = new Set(['ConnectionClosed', 'DatabaseNotReachable', 'SocketTimeout', 'TooManyConnections'])

export function wasRolledBack(error: unknown): boolean {
  return codesOf(error).some((code) => ROLLED_BACK.has(code) || PRISMA_ROLLED_BACK.has(code))
}

export function isPlanOutdated(error: unknown): boolean {
  return codesOf(error).includes(PLAN_OUTDATED)
}

export function isLeaseLost(error: unknown): boolean {
  return codesOf(error).includes(LEASE_LOST)
}

/** Postgres is there and not ready for us: it starts up (57P03), is full (53300), or gave no connection in time. */
export function isSlowToConnect(error: unknown): boolean {
  return codesOf(error).some((code) => ['57P03', '53300', 'ETIMEDOUT', POOL_TIMEOUT].includes(code))
}

export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError) return true
  return codesOf(error).some(
    (code) =>
      UNAVAILABLE.has(code) ||
      NETWORK.has(code) ||
      PRISMA_AWAY.has(code) ||
      ADAPTER_AWAY.has(code) ||
      code === POOL_TIMEOUT,
  )
}

/** node-postgres gives its pool's time-out no code, only these words. */
export const POOL_TIMEOUT = 'timeout exceeded when trying to connect'
const NO_CONNECTION_IN_TIME = [POOL_TIMEOUT, 'Connection terminated due to connection timeout', 'timeout expired']
/** Nor has its own limit a code: a Postgres that is frozen never says that a statement took too long. */
const NO_ANSWER_IN_TIME = 'Query read timeout'
const LOST_CONNECTION =
  /^(Connection terminated|Client has encountered a connection error|.*Server has closed the connection)/

/** Every code in an error and its causes: SQLSTATE, errno, Prisma's and the adapter's, however they are nested. */
function codesOf(error: unknown): string[] {
  const codes: string[] = []
  const seen = new Set<unknown>()
  const queue: unknown[] = [error]
  while (queue.length > 0 && seen.size < 32) {
    const value = queue.shift()
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    const { code, originalCode, kind, message, cause, meta, driverAdapterError } = value as Record<string, unknown>
    for (const name of [code, originalCode, kind]) if (typeof name === 'string') codes.push(name)
    if (typeof message === 'string' && NO_CONNECTION_IN_TIME.some((words) => message.startsWith(words)))
      codes.push(POOL_TIMEOUT)
    if (message === NO_ANSWER_IN_TIME) codes.push('57014')
    if (typeof message === 'string' && LOST_CONNECTION.test(message)) codes.push('08006')
    queue.push(cause, meta, driverAdapterError)
  }
  return codes
}
