import { readFileSync } from 'node:fs'
import { types } from 'node:util'
import { z } from 'zod'

export type Environment = Readonly<Record<string, string | undefined>>

export type LoadedConfig<Config> =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: string[] }

/**
 * Reads the variables that the schema names, each from `NAME` or, for secrets mounted as files, from the file that
 * `NAME_FILE` names. An empty variable counts as unset. Lists every problem at once: the variable, what is wrong, what
 * is expected (the schema's description). A problem never quotes the value: it may be a secret put in the wrong place.
 */
export function loadConfig<Schema extends z.ZodObject>(
  schema: Schema,
  env: Environment,
): LoadedConfig<z.output<Schema>> {
  const values: Record<string, string> = {}
  const unread: string[] = []
  const unreadNames = new Set<string>()
  for (const name of Object.keys(schema.shape)) {
    const read = readVariable(name, env)
    if ('problem' in read) {
      unread.push(read.problem)
      unreadNames.add(name)
    } else if (read.value !== undefined) {
      values[name] = read.value
    }
  }
  const parsed = schema.safeParse(values)
  if (parsed.success && unread.length === 0) return { ok: true, config: parsed.data }
  const invalid = (parsed.error?.issues ?? [])
    .filter((issue) => !unreadNames.has(String(issue.path[0])))
    .map((issue) => describe(issue, schema, values))
  return { ok: false, problems: [...unread, ...invalid] }
}

function readVariable(name: string, env: Environment): { value: string | undefined } | { problem: string } {
  const value = env[name] || undefined
  const file = env[`${name}_FILE`] || undefined
  if (file === undefined) return { value }
  if (value !== undefined) return { problem: `${name}: set as ${name} and as ${name}_FILE; remove one of them` }
  try {
    return { value: readFileSync(file, 'utf8').trim() || undefined }
  } catch (error) {
    const reason = types.isNativeError(error) && 'code' in error ? String(error.code) : 'unreadable'
    return { problem: `${name}_FILE: the file ${file} cannot be read (${reason}); name a file this user may read` }
  }
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodObject, values: Record<string, string>): string {
  const name = String(issue.path[0] ?? '')
  if (name === '') return issue.message
  const expected = descriptionOf(schema.shape[name])
  const hint = expected === undefined ? '' : `; expected: ${expected}`
  if (values[name] === undefined && issue.code !== 'custom') {
    return `${name}: not set; set ${name}, or ${name}_FILE to a file that holds it${hint}`
  }
  // A problem inside a file that the variable names: it states the expectation itself, as the description belongs to the variable.
  if (typeof issue.path[1] === 'string') return `${name}: ${issue.message}`
  const item = typeof issue.path[1] === 'number' ? `item ${issue.path[1] + 1} is ` : ''
  return `${name}: ${item}${issue.message}${hint}`
}

/** `.optional()`, `.default()` and `.transform()` wrap a type without taking over its description. */
function descriptionOf(type: unknown): string | undefined {
  if (!(type instanceof z.ZodType)) return undefined
  if (type.description !== undefined) return type.description
  if (type instanceof z.ZodPipe) return descriptionOf(type.in)
  return type instanceof z.ZodOptional || type instanceof z.ZodDefault ? descriptionOf(type.unwrap()) : undefined
}
