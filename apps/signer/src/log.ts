/** Writes one JSON object a line to stdout, as the other services do: level, time, service, the fields, and `msg`, a fixed dotted name. */
export interface Log {
  info(fields: Fields, msg: string): void
  warn(fields: Fields, msg: string): void
  error(fields: Fields, msg: string): void
  fatal(fields: Fields, msg: string): void
}

/** Never a key, a mnemonic or a configuration. `err` becomes its type, message and code. */
type Fields = Readonly<Record<string, unknown>>

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LEVELS)[number]

export function createLog(
  level: LogLevel,
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Log {
  const at = (own: LogLevel) => {
    if (LEVELS.indexOf(own) < LEVELS.indexOf(level)) return () => undefined
    return ({ err, ...fields }: Fields, msg: string) => {
      const error = err === undefined ? {} : { err: describeError(err) }
      const line = { level: own, time: new Date().toISOString(), service: 'ctrip-signer', ...fields, ...error, msg }
      write(`${JSON.stringify(line)}\n`)
    }
  }
  return { info: at('info'), warn: at('warn'), error: at('error'), fatal: at('fatal') }
}

function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) }
  const code = 'code' in error ? { code: String(error.code) } : {}
  return { type: error.name, message: error.message, ...code, stack: error.stack }
}
