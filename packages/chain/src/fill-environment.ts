import { readFileSync } from 'node:fs'
import { codeOf } from '@ctrip/telemetry/errors'
import type { ConfigPath, ConfigProblem } from './config-problem'

type Environment = Readonly<Record<string, string | undefined>>

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/**
 * Replaces `${NAME}` in every string of a parsed document by the variable, or by what the file holds that `NAME_FILE` names: URLs
 * carry keys, and secrets are mounted as files. What is unset, empty or unreadable is a problem, named with its path.
 */
export function fillEnvironment(value: unknown, env: Environment): { value: unknown; problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = []
  return { value: fill(value, [], env, problems), problems }
}

function fill(value: unknown, path: ConfigPath, env: Environment, problems: ConfigProblem[]): unknown {
  if (typeof value === 'string') return fillText(value, path, env, problems)
  if (Array.isArray(value)) return value.map((item: unknown, at) => fill(item, [...path, at], env, problems))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key], env, problems)]),
  )
}

function fillText(text: string, path: ConfigPath, env: Environment, problems: ConfigProblem[]): string {
  return text.replace(VARIABLE, (whole, name: string) => {
    const read = readVariable(name, env)
    if ('value' in read) return read.value
    problems.push({ path, message: read.problem })
    return whole
  })
}

function readVariable(name: string, env: Environment): { value: string } | { problem: string } {
  const value = env[name] || undefined
  const file = env[`${name}_FILE`] || undefined
  if (value !== undefined && file !== undefined) return { problem: `${name} and ${name}_FILE are both set` }
  if (value !== undefined) return { value }
  if (file === undefined) return { problem: `the environment variable ${name} is not set` }
  try {
    const text = readFileSync(file, 'utf8').trim()
    return text === '' ? { problem: `the file that ${name}_FILE names is empty` } : { value: text }
  } catch (error) {
    return { problem: `the file that ${name}_FILE names cannot be read (${codeOf(error) ?? 'unreadable'})` }
  }
}
