export type ConfigPath = readonly PropertyKey[]

/** What is wrong with chains.yaml, and where: `['chains', 0, 'providers', 1, 'http']`. */
export interface ConfigProblem {
  readonly path: ConfigPath
  readonly message: string
}

/** `['chains', 0, 'providers', 1, 'http']` → `chains[0].providers[1].http`. */
export function pathName(path: ConfigPath): string {
  if (path.length === 0) return 'chains.yaml'
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`))
    .join('')
}
