import type { Check } from '@ctrip/chain/checks/judge-provider'
import type { Verdict } from '@ctrip/chain/checks/judgement'
import { renderTable } from './table'

const MARKS: Readonly<Record<Verdict, string>> = { ok: '✓', warning: '!', fault: '✗' }

/** One line a check; below it, what to do where something is wrong. */
export function renderChecks(checks: readonly Check[]): string {
  const lines = renderTable(
    checks.map(({ verdict, subject, check, detail }) => [MARKS[verdict], subject, check, detail]),
  ).split('\n')
  return checks.map(({ remedy }, at) => (remedy === '' ? lines[at] : `${lines[at]}\n  → ${remedy}`)).join('\n')
}
