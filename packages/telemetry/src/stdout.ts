import { type DestinationStream, pino } from 'pino'

/** The most that is buffered; more is written at once. */
const BUFFER_BYTES = 8 * 1024

let stdout: DestinationStream | null = null

/**
 * Standard output, written once per turn of the event loop, because a system call per line costs more than making the line. An exit
 * or an uncaught error writes the rest first; a `kill -9` loses the lines of one turn.
 */
export function bufferedStdout(): DestinationStream {
  stdout ??= writeOncePerTurn()
  return stdout
}

function writeOncePerTurn(): DestinationStream {
  const destination = pino.destination({ sync: true, minLength: BUFFER_BYTES })
  let due = false
  const flush = (): void => {
    due = false
    destination.flush() // not flushSync: it waits for the disk (fsync) where standard output is a file
  }
  process.once('exit', () => destination.flushSync())
  return {
    write(line) {
      destination.write(line)
      if (due) return
      due = true
      setImmediate(flush)
    },
  }
}
