import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'

const ROOT = resolve(__dirname, '../../..')

export interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export function inRepository(path: string): string {
  return join(ROOT, path)
}

export function readText(path: string): string {
  return readFileSync(inRepository(path), 'utf8')
}

export function filesIn(folder: string, ending: string): string[] {
  return readdirSync(inRepository(folder)).flatMap((file) => (file.endsWith(ending) ? [`${folder}/${file}`] : []))
}

/** Every rule that Prometheus is given. */
export function readRules(): Rule[] {
  return filesIn('deploy/prometheus/rules', '.yml').flatMap((file) => {
    const { groups } = parse(readText(file)) as { groups: { rules: Rule[] }[] }
    return groups.flatMap(({ rules }) => rules)
  })
}

export function readAlerts(): (Rule & { readonly alert: string })[] {
  return readRules().flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]))
}

/** Runs a tool of Prometheus' to its end; rejects with all it said when it fails. */
export async function runTool(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${command} ${args.join(' ')}\n${error.stdout}\n${error.stderr}`)
  })
  return stdout
}
