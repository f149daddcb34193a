import { codeOf, isError } from '@ctrip/telemetry/errors'

const LABEL = /^[A-Za-z0-9_]{1,40}$/

/** An error as a metric label: its code (`ECONNREFUSED`, `P2024`) or class. Never its message, which has no end of values. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error)
  if (code !== null && LABEL.test(code)) return code
  return isError(error) && LABEL.test(error.name) ? error.name : 'unknown'
}
