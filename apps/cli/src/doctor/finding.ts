import type { OpsAddress } from './ops-address'

export interface Finding {
  readonly check: string
  /** A warning fails nothing, and is no pass. */
  readonly verdict: 'passed' | 'warning' | 'failed'
  /** Whether it passed. */
  readonly ok: boolean
  readonly detail: string
  /** What to do about it; empty where nothing is wrong. */
  readonly remedy: string
}

/** What is examined. What is not known is not tested, and said so. */
export interface Subject {
  readonly databaseUrl: string | undefined
  readonly natsUrl: string | undefined
  readonly chainsFile: string | undefined
  readonly apiUrl: string | undefined
  readonly apiKey: string | undefined
  readonly services: readonly OpsAddress[]
  readonly env: NodeJS.ProcessEnv
}

export function passed(check: string, detail: string): Finding {
  return { check, verdict: 'passed', ok: true, detail, remedy: '' }
}

export function warned(check: string, detail: string, remedy: string): Finding {
  return { check, verdict: 'warning', ok: false, detail: onOneLine(detail), remedy }
}

export function failed(check: string, detail: string, remedy: string): Finding {
  return { check, verdict: 'failed', ok: false, detail: onOneLine(detail), remedy }
}

/** Prisma's errors are many lines. */
function onOneLine(detail: string): string {
  return detail.replace(/\s+/g, ' ').trim()
}

const MARKS = { passed: '✓', warning: '!', failed: '✗' } as const

export function renderFinding({ check, verdict, detail, remedy }: Finding): string {
  return `${MARKS[verdict]} ${check}: ${detail}${remedy === '' ? '' : `\n  → ${remedy}`}`
}

export function summarize(findings: readonly Finding[]): string {
  const [passed, warnings] = [countOf(findings, 'passed'), countOf(findings, 'warning')]
  return `${passed} of ${findings.length} checks passed${warnings === 0 ? '' : `, ${warnings} raised a warning`}`
}

/** How many findings ended so. */
export function countOf(findings: readonly Finding[], verdict: Finding['verdict']): number {
  return findings.filter((finding) => finding.verdict === verdict).length
}
