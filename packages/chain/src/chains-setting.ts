import { z } from 'zod'
import { loadChains } from './chains-config'

/** CHAINS_FILE in a service's schema: read while the environment is checked, so that all problems are listed together. */
export function chainsFile() {
  return z
    .string()
    .transform((file, context) => {
      const loaded = loadChains(file, process.env)
      if (loaded.ok) return loaded.chains
      for (const problem of loaded.problems) context.addIssue({ code: 'custom', message: problem })
      return z.NEVER
    })
    .describe('the path of chains.yaml')
}
