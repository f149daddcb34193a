import { loadConfig } from '@ctrip/settings/config'
import { PROGRAMS } from './programs'

/** Every configuration problem of this program. Variables that chains.yaml names are read from the process. */
export function problemsOf(program: string, environment: Readonly<Record<string, string>>): string[] {
  const kept = { ...process.env }
  Object.assign(process.env, environment)
  try {
    return (PROGRAMS[program] ?? []).flatMap((schema) => {
      const loaded = loadConfig(schema, environment)
      return loaded.ok ? [] : loaded.problems
    })
  } finally {
    process.env = kept
  }
}
