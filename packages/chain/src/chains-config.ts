import { readFileSync } from 'node:fs'
import { messageOf } from '@ctrip/telemetry/errors'
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import type { ChainConfig } from './chain-config'
import { consistencyProblems } from './chains-consistency'
import { chainsSchema } from './chains-schema'
import { type ConfigPath, type ConfigProblem, pathName } from './config-problem'
import { fillEnvironment } from './fill-environment'

export type LoadedChains =
  | { readonly ok: true; readonly chains: readonly ChainConfig[] }
  | { readonly ok: false; readonly problems: readonly string[] }

/** Reads chains.yaml. Every problem is listed at once, with its line and path, and what is expected there; none shows a value that came from the environment. */
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
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    const problems = document.errors.map(
      ({ pos, message }) => `line ${lines.linePos(pos[0]).line}: is not YAML: ${message}`,
    )
    return { ok: false, problems }
  }
  let value: unknown
  try {
    value = document.toJS()
  } catch (error) {
    // An alias of nothing, or so many that they would fill the memory: found only now, without a place.
    return { ok: false, problems: [`is not YAML: ${messageOf(error)}`] }
  }
  return checkChains(value, env, (path) => lineOf(path, document, lines))
}

function checkChains(
  value: unknown,
  env: Readonly<Record<string, string | undefined>>,
  lineAt: (path: ConfigPath) => number,
): LoadedChains {
  // After parsing, not before: what a variable holds can then never become YAML.
  const filled = fillEnvironment(value, env)
  const parsed = chainsSchema.safeParse(filled.value, { reportInput: true })
  // What follows from an unset variable would only repeat it.
  const unset = new Set(filled.problems.map(({ path }) => pathName(path)))
  const found = (parsed.error?.issues ?? []).flatMap(toProblems).filter(({ path }) => !unset.has(pathName(path)))
  const problems = [...filled.problems, ...found, ...consistencyProblems(filled.value)]
  if (parsed.success && problems.length === 0) return { ok: true, chains: parsed.data.chains }
  return {
    ok: false,
    problems: problems.map(({ path, message }) => `line ${lineAt(path)}, ${pathName(path)}: ${message}`),
  }
}

function toProblems(issue: z.core.$ZodIssue): ConfigProblem[] {
  const { path, message } = issue
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...path, key], message }))
  // A key with nothing behind it is null.
  const isMissing = issue.input === undefined || issue.input === null
  return [{ path, message: isMissing ? `is missing: it ${message}` : message }]
}

/** Where the deepest part of the path stands that is there: what is missing is missing from it. */
function lineOf(path: ConfigPath, document: Document, lines: LineCounter): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}
