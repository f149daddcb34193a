import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import type { ChainConfig } from './chain-config'
import { consistencyProblems } from './chains-consistency'
import { chainsSchema } from './chains-schema'
import { pathName } from './config-problem'
import { fillEnvironment } from './fill-environment'

export type LoadedChains =
  | { readonly ok: true; readonly chains: readonly ChainConfig[] }
  | { readonly ok: false; readonly problems: readonly string[] }

/** Reads chains.yaml. Every problem is listed at once, with its path; none shows a value that came from the environment. */
export function loadChains(path: string, env: Readonly<Record<string, string | undefined>>): LoadedChains {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return {
      ok: false,
      problems: [`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`],
    }
  }
  return parseChains(text, env)
}

/** The same from the file's text. */
export function parseChains(text: string, env: Readonly<Record<string, string | undefined>>): LoadedChains {
  const document = parseDocument(text)
  if (document.errors.length > 0)
    return { ok: false, problems: document.errors.map((error) => firstLine(error.message)) }
  // After parsing, not before: what a variable holds can then never become YAML.
  const filled = fillEnvironment(document.toJS(), env)
  const parsed = chainsSchema.safeParse(filled.value)
  // What follows from an unset variable would only repeat it.
  const unset = new Set(filled.problems.map((problem) => problem.path))
  const found = (parsed.error?.issues ?? []).map((issue) => ({ path: pathName(issue.path), message: issue.message }))
  const problems = [
    ...filled.problems,
    ...found.filter((problem) => !unset.has(problem.path)),
    ...consistencyProblems(filled.value),
  ]
  if (parsed.success && problems.length === 0) return { ok: true, chains: parsed.data.chains }
  return { ok: false, problems: problems.map((problem) => `${problem.path}: ${problem.message}`) }
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message
}
