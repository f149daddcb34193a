import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(__dirname, '..', '..', '..', '..')

export function inRepository(...path: string[]): string {
  return join(ROOT, ...path)
}

export function readText(...path: string[]): string {
  return readFileSync(inRepository(...path), 'utf8')
}
