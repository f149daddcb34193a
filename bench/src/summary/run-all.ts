import { spawn } from 'node:child_process'
import { once } from 'node:events'

const TIME_LIMIT_MS = 10 * 60_000

/**
 * Runs benchmarks one after the other; `results` by name, without those that failed. Each has a process of its own, so that
 * memory, metrics, settings and crashes of one do not affect the next.
 */
export async function runAll(
  program: string,
  names: readonly string[],
  log: (line: string) => void,
): Promise<Record<string, object>> {
  const results: Record<string, object> = {}
  for (const name of names) {
    const startedAt = Date.now()
    const result = await runOne(program, name)
    log(`${name}: ${result === null ? 'FAILED' : 'done'} after ${Math.round((Date.now() - startedAt) / 1_000)} s`)
    if (result !== null) results[name] = result
  }
  return results
}

async function runOne(program: string, name: string): Promise<object | null> {
  const child = spawn(process.execPath, [program, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: TIME_LIMIT_MS,
  })
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  const text = Buffer.concat(output).toString()
  process.stdout.write(text)
  return code === 0 ? (JSON.parse(text.trim().split('\n').at(-1) ?? '') as object) : null
}
