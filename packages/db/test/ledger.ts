import { openTestDatabase } from '@ctrip/local-stack/test-database'
import { type Database, openDatabase } from '../src/database/database'
import { migrate } from '../src/schema/migrate'

/** A migrated database of the test file's own, on the Postgres of `npm test` or one started for it. */
export interface Ledger {
  readonly url: string
  readonly db: Database
  /** Another service's view of the same ledger, closed with it. */
  another(): Database
  close(): Promise<void>
}

export async function openLedger(): Promise<Ledger> {
  const { url, drop } = await openTestDatabase()
  await migrate(url)
  const opened: Database[] = []
  const another = (): Database => {
    const db = openDatabase({ url, applicationName: 'ctrip-test', poolSize: 10, slowQueryMs: 60_000 })
    opened.push(db)
    return db
  }
  return {
    url,
    db: another(),
    another,
    async close() {
      await Promise.all(opened.map((db) => db.close()))
      await drop()
    },
  }
}
