import { type ConfigProblem, pathName } from './config-problem'

type Environment = Readonly<Record<string, string | undefined>>

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/** Replaces `${NAME}` in every string of a parsed document. An unset or empty variable is a problem, named with its path. */
export function fillEnvironment(value: unknown, env: Environment): { value: unknown; problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = []
  return { value: fill(value, [], env, problems), problems }
}

function fill(value: unknown, path: readonly PropertyKey[], env: Environment, problems: ConfigProblem[]): unknown {
  if (typeof value === 'string') return fillText(value, path, env, problems)
  if (Array.isArray(value)) return value.map((item: unknown, at) => fill(item, [...path, at], env, problems))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key], env, problems)]),
  )
}

function fillText(text: string, path: readonly PropertyKey[], env: Environment, problems: ConfigProblem[]): string {
  return text.replace(VARIABLE, (whole, name: string) => {
    const found = env[name]
    if (found !== undefined && found !== '') return found
    problems.push({ path: pathName(path), message: `the environment variable ${name} is not set` })
    return whole
  })
}
