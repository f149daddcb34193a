import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface LogLine {
  readonly service: string
  readonly msg: string
  readonly trace_id?: string
  readonly span_id?: string
  readonly payment_id?: string
  readonly request_id?: string
}

/** The log lines of the services so far. The servers' logs in the same folder are not ours, and not JSON. */
export function linesOf(dataFolder: string): LogLine[] {
  const folder = join(dataFolder, 'logs')
  return readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{"level"') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine),
  )
}
