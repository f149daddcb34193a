import { startPostgres } from '@ctrip/local-stack/postgres'

let ownPostgres: Promise<{ url: string; stop(): Promise<void> }> | null = null

/** The Postgres that `npm test` started for all packages, or one of our own when a test is run alone. */
export async function postgresUrl(): Promise<string> {
  const shared = process.env['TEST_DATABASE_URL']
  if (shared !== undefined) return shared
  ownPostgres ??= startPostgres()
  return (await ownPostgres).url
}

export async function stopServers(): Promise<void> {
  await (await ownPostgres)?.stop()
}
