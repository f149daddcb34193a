import { isSpanContextValid, trace } from '@opentelemetry/api'
import { type DestinationStream, type Logger, type LoggerOptions, levels, pino, stdTimeFunctions } from 'pino'
import type { ErrorReporter } from './error-reporter'
import { redact } from './redact'
import { errorSerializer } from './serialize-error'
import { bufferedStdout } from './stdout'

export type { Logger }

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

const ERROR_LEVEL = levels.values['error'] ?? 50

export interface LoggerConfig {
  readonly service: string
  readonly level: LogLevel
  /** Receives the `err` of every line of level error or above. */
  readonly errors?: ErrorReporter | undefined
}

/**
 * One JSON object a line, on stdout: `level, time, service, trace_id, span_id`, the fields given (snake_case; an error
 * under `err`), and `msg`, a fixed dotted name.
 */
export function createLogger(
  { service, level, errors }: LoggerConfig,
  destination: DestinationStream = bufferedStdout(),
): Logger {
  const options: LoggerOptions = {
    level,
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    mixin: currentTrace,
    serializers: { err: errorSerializer() },
    formatters: { level: (label) => ({ level: label }), log: bigintsAsText },
    hooks: { streamWrite: redact, ...(errors === undefined ? {} : { logMethod: reportingTo(errors) }) },
  }
  return pino(options, destination)
}

type LogMethodHook = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>

function reportingTo(errors: ErrorReporter): LogMethodHook {
  return function report(args, method, level) {
    const [fields, name] = args as unknown[]
    if (level >= ERROR_LEVEL && typeof fields === 'object' && fields !== null && 'err' in fields) {
      errors.report(fields.err, { level: level > ERROR_LEVEL ? 'fatal' : 'error', name: String(name) })
    }
    method.apply(this, args)
  }
}

function currentTrace(): object {
  const current = trace.getActiveSpan()?.spanContext()
  if (current === undefined || !isSpanContextValid(current)) return {}
  return { trace_id: current.traceId, span_id: current.spanId }
}

/** JSON numbers lose digits beyond 2⁵³ in most readers; money is a bigint. */
function bigintsAsText(fields: Record<string, unknown>): Record<string, unknown> {
  for (const value of Object.values(fields)) {
    if (typeof value === 'bigint') return { ...fields, ...textOfBigints(fields) }
  }
  return fields
}

function textOfBigints(fields: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (typeof value === 'bigint' ? [[name, value.toString()]] : [])),
  )
}
