import type { Command } from 'commander'
import { printable } from './render/printable'

/** What a command found out: for people, and for programs (`--json`). */
export interface Answer {
  readonly text: string
  readonly json: unknown
  /** Why the command fails all the same, once its answer is printed. */
  readonly failure?: string
}

/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Gives a command its `--json`, and prints its answer in the form asked for. */
export function answersWith<Args extends unknown[]>(
  command: Command,
  run: (options: unknown, ...args: Args) => Promise<Answer>,
): void {
  command.option('--json', 'print JSON').action(async (...all: unknown[]) => {
    // commander passes the arguments, then the options, then the command
    const args = all.slice(0, -2) as Args
    const { text, json, failure } = await run(command.opts(), ...args)
    console.log(command.opts<{ json?: boolean }>().json ? JSON.stringify(json, null, 2) : printable(text))
    if (failure !== undefined) throw new Error(failure)
  })
}
