import { spawn } from 'node:child_process'

/** Runs a program with our output and returns its exit code, or 1 if a signal ended it. Aborting `signal` sends it SIGTERM. */
export async function run(program, args, { env = {}, cwd = '.', signal } = {}) {
  if (signal?.aborted) return 1
  const child = spawn(program, args, { cwd, stdio: ['inherit', 'inherit', 'inherit'], env: { ...process.env, ...env } })
  const stop = () => child.kill('SIGTERM')
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await new Promise((resolve) => {
      child.once('error', (error) => {
        console.error(`${program}: ${error.message}`)
        resolve(1)
      })
      child.once('exit', (code) => resolve(code ?? 1))
    })
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** Options of turbo that print a task's output only if the task fails. */
export const QUIETLY = ['--output-logs=errors-only', '--log-order=grouped', '--no-update-notifier']
