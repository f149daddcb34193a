import { isPlanOutdated } from './errors'

/** Statements put together at run time are many, and each connection would keep the plan of every one. */
const NAMES_MAX = 300
const UNNAMED = ''

export interface StatementNames {
  /** The same for the same text; none once there are too many: such a statement is planned anew each time. */
  nameOf(statement: { readonly sql: string }): string
  /** Runs what has no effect if it fails, and once more, under new names, where a migration has changed what a statement returns. */
  withoutOutdatedPlans<T>(work: () => Promise<T>): Promise<T>
}

/**
 * Names under which Postgres keeps a statement's plan for the life of a connection: under load half of its time was planning
 * the same fifty statements.
 */
export function statementNames(): StatementNames {
  let names = new Map<string, string>()
  let given = 0
  return {
    nameOf({ sql }) {
      const known = names.get(sql)
      if (known !== undefined) return known
      if (names.size === NAMES_MAX) return UNNAMED
      const command = /\w+/.exec(sql)?.[0] ?? 'statement' // spans are called after the name
      const name = `${command} ${++given}`
      names.set(sql, name)
      return name
    },
    async withoutOutdatedPlans(work) {
      try {
        return await work()
      } catch (error) {
        if (!isPlanOutdated(error)) throw error
        // `SELECT *`, prepared before a column was added, fails on its connection for ever: Postgres does not prepare it anew.
        names = new Map()
        return work()
      }
    },
  }
}
