import type { z } from 'zod'
import { type FieldError, Problem } from './problem'

export type Validated<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: Problem }

const ERRORS_TOLD_MAX = 20

export function validate<Schema extends z.ZodType>(schema: Schema, value: unknown): Validated<z.output<Schema>> {
  const parsed = schema.safeParse(value, { reportInput: true })
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: toProblem(parsed.error) }
}

function toProblem(error: z.ZodError): Problem {
  const errors = error.issues.flatMap(toFieldErrors).slice(0, ERRORS_TOLD_MAX)
  const [first] = errors
  const detail = first === undefined ? 'The request is not valid.' : sentence(first)
  const param = first === undefined || first.path === '' ? {} : { param: first.path }
  return new Problem(422, 'validation_failed', detail, { ...param, errors })
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: shortened([...path, key].join('.')),
      message: 'There is no such parameter.',
      code: 'unknown_parameter',
    }))
  }
  return [{ path: shortened(path.join('.')), message: issue.message, code: codeOf(issue) }]
}

function codeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'custom' && typeof issue.params?.['code'] === 'string') return issue.params['code']
  return issue.input === undefined ? 'required' : issue.code
}

/** A path can be as long as a key that was sent. */
function shortened(path: string): string {
  return path.length <= 100 ? path : `${path.slice(0, 99)}…`
}

function sentence({ path, message }: FieldError): string {
  return path === '' ? message : `${path}: ${message}`
}
