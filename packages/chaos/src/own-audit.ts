import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { APPS_FOLDER } from '@ctrip/local-stack/start-app'
import type { Violation } from './violation'
import type { World } from './world'

const CTRIP = join(APPS_FOLDER, 'cli', 'bin', 'ctrip.cjs')
const TIMEOUT_MS = 120_000

interface ChainAudit {
  readonly chain: string
  readonly under_way: number
  readonly discrepancies: readonly { address: string; kind: string; expected: string; actual: string }[]
}

/** Runs `npm run audit` as an operator would: after all faults the ledger must agree with the chains. */
export async function ownAudit({ folder }: World): Promise<Violation[]> {
  const rule = 'the operator finds ledger and chain agreed'
  const args = [CTRIP, 'audit', '--json', '--data', join(folder, 'stack'), '--chains-file', join(folder, 'chains.yaml')]
  const output = await new Promise<string>((done) => {
    // Exit code 1 with a list of discrepancies is a result; without a list the audit failed.
    execFile(process.execPath, args, { timeout: TIMEOUT_MS }, (error, stdout, stderr) =>
      done(stdout || stderr || (error?.message ?? '')),
    )
  })
  try {
    const chains = JSON.parse(output) as ChainAudit[]
    return chains.flatMap(({ chain, discrepancies }) =>
      discrepancies.map(({ address, kind, expected, actual }) => ({
        rule,
        subject: `${chain} ${address}`,
        detail: `${kind}: ${actual}, by the ledger ${expected}`,
      })),
    )
  } catch {
    return [{ rule, subject: 'all', detail: output.slice(0, 500) }]
  }
}
