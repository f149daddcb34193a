import { runStack } from './run-stack'
import type { StackDescriptor } from './stack-descriptor'
import type { StackOptions } from './stack-options'
import { stopList } from './stop-list'

/**
 * The process that owns all others of the stack, forked by `startStack` and detached from it, so that a Ctrl-C in the terminal
 * reaches only the parent. It ends when the parent asks it to, and when the parent has ended for any reason.
 */
export type ToSupervisor = { type: 'start'; options: StackOptions } | { type: 'stop' }
export type FromSupervisor =
  | { type: 'progress'; message: string }
  | { type: 'ready'; descriptor: StackDescriptor }
  | { type: 'changed'; descriptor: StackDescriptor }
  | { type: 'failed'; message: string }

const stops = stopList()
let stopping = false

process.once('disconnect', () => void stop(0))
process.once('SIGTERM', () => void stop(0))
process.on('SIGINT', () => undefined) // the parent decides
process.on('message', (message: ToSupervisor) => void (message.type === 'start' ? start(message.options) : stop(0)))

async function start(options: StackOptions): Promise<void> {
  try {
    const descriptor = await runStack(
      options,
      {
        onProgress: (message) => tell({ type: 'progress', message }),
        onChange: (changed) => tell({ type: 'changed', descriptor: changed }),
      },
      stops,
    )
    tell({ type: 'ready', descriptor })
  } catch (error) {
    if (!stopping) tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
    await stop(1)
  }
}

async function stop(exitCode: number): Promise<void> {
  if (stopping) return
  stopping = true
  const failures = await stops.stopAll()
  for (const failure of failures) tell({ type: 'progress', message: `While stopping: ${String(failure)}` })
  process.exit(exitCode) // also ends what was just being started
}

function tell(message: FromSupervisor): void {
  if (!process.connected) return
  process.send?.(message, undefined, undefined, () => undefined) // ignore a failure: the parent may be ending
}
