const LABEL = /^[A-Za-z][A-Za-z0-9_]{0,39}$/

/** An error as a metric label: its code (`ECONNREFUSED`, `P2024`) or class. Never its message, which has no end of values. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string' && LABEL.test(error.code)) return error.code
  return LABEL.test(error.name) ? error.name : 'unknown'
}
