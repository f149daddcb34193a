import { QUIETLY, run } from './run.mjs'
import { runningServers } from './test-servers.cjs'

/** Starts one PostgreSQL and one NATS for tests. Returns their URLs as environment variables, and how to stop them. */
export async function startServers(tools = []) {
  const [{ requireTools }, { startPostgres }, { startNats }] = await Promise.all([
    import('../packages/local-stack/dist/system-tools.js'),
    import('../packages/local-stack/dist/postgres.js'),
    import('../packages/local-stack/dist/nats.js'),
  ])
  await requireTools(tools)
  const [postgres, nats] = await Promise.all([startPostgres(), startNats()])
  return {
    urls: { TEST_DATABASE_URL: postgres.url, TEST_NATS_URL: nats.url },
    stop: () => Promise.all([postgres.stop(), nats.stop()]),
  }
}

/** The servers that the environment names or `npm run services` keeps running, else servers of our own. */
export async function findOrStartServers() {
  const named = process.env['TEST_DATABASE_URL'] !== undefined ? {} : runningServers()
  if (named !== null) return { urls: named, stop: async () => {} }
  console.log('Starting PostgreSQL and NATS (`npm run services` keeps them running between tests)')
  return await startServers()
}

/** Builds the package that starts the servers. Returns whether the build succeeded. */
export async function buildLocalStack(signal) {
  return (await run('turbo', ['run', 'build', '--filter=@ctrip/local-stack', ...QUIETLY], { signal })) === 0
}
