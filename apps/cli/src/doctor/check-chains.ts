import { loadChains } from '@ctrip/chain/chains-config'
import type { Check } from '@ctrip/chain/checks/judge-provider'
import { checkOutside } from '../check-outside'
import { type Finding, failed, passed, type Subject, warned } from './finding'

/** The configuration, and the outside world held against it: the same table as `config check --online`. */
export async function checkConfigured({ chainsFile, databaseUrl, env }: Subject): Promise<Finding[]> {
  if (chainsFile === undefined) return [failed('chains.yaml', 'no CHAINS_FILE', 'set CHAINS_FILE')]
  const loaded = loadChains(chainsFile, env)
  if (!loaded.ok)
    return loaded.problems.map((problem) => failed('chains.yaml', problem, 'mend it, then: ctrip config check'))
  const checks = await checkOutside(loaded.chains, databaseUrl)
  return [passed('chains.yaml', `${loaded.chains.length} chain(s)`), ...checks.map(toFinding)]
}

function toFinding({ subject, check, verdict, detail, remedy }: Check): Finding {
  const name = `${check} ${subject}`
  if (verdict === 'fault') return failed(name, detail, remedy)
  return verdict === 'warning' ? warned(name, detail, remedy) : passed(name, detail)
}
