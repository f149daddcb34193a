import { z } from 'zod'
import { loadChains } from './chains-config'

/** CHAINS_FILE in a service's schema: read while the environment is checked, so that all problems are listed together. */
export function chainsFile() {
  return z
    .string()
    .transform((file, context) => {
      const loaded = loadChains(file, process.env)
      if (loaded.ok) return loaded.chains
      // With a path: each says what is expected at its place in the file, the description only what is of the variable.
      for (const problem of loaded.problems)
        context.addIssue({ code: 'custom', message: problem, path: ['chains.yaml'] })
      return z.NEVER
    })
    .describe('the path of chains.yaml')
}
