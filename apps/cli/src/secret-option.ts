import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { UsageError } from './answer'

interface SecretOption {
  /** Such as `--api-key`; `--api-key-file` is added beside it. */
  readonly flag: string
  readonly description: string
  /** The variable that holds it, named in the warning. */
  readonly variable?: string
}

const STDIN = 0

/**
 * A secret that a command takes: from a file, or from standard input (`-`). On the command line itself every process of the
 * machine can read it, and the shell keeps it: that still works, with a warning.
 */
export function withSecretOption(command: Command, { flag, description, variable }: SecretOption): Command {
  const better = variable === undefined ? `${flag}-file` : `${flag}-file or ${variable}`
  return command
    .option(`${flag} <secret>`, `${description}; visible to other processes: better ${better}`, (secret: string) => {
      console.error(`ctrip: warning: other processes can read ${flag}; use ${better}`)
      return secret
    })
    .option(`${flag}-file <path>`, `${description}, from this file; - is standard input`)
}

/** The secret that was given in one of the two ways; undefined if in none. Throws UsageError if in both, or the file cannot be read. */
export function readSecret(flag: string, given: string | undefined, file: string | undefined): string | undefined {
  if (file === undefined) return given
  if (given !== undefined) throw new UsageError(`give either ${flag} or ${flag}-file`)
  try {
    const secret = readFileSync(file === '-' ? STDIN : file, 'utf8').trim()
    if (secret !== '') return secret
  } catch (cause) {
    throw new UsageError(`${flag}-file: ${file} cannot be read`, { cause })
  }
  throw new UsageError(`${flag}-file: ${file} is empty`)
}
