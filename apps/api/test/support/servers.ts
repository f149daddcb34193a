import { startNats } from '@ctrip/local-stack/nats'
import { startPostgres } from '@ctrip/local-stack/postgres'

export interface Servers {
  readonly postgresUrl: string
  readonly natsUrl: string
  stop(): Promise<void>
}

/** The servers that `npm test` started, or own ones. */
export async function findServers(): Promise<Servers> {
  const { TEST_DATABASE_URL: postgresUrl, TEST_NATS_URL: natsUrl } = process.env
  if (postgresUrl !== undefined && natsUrl !== undefined) return { postgresUrl, natsUrl, stop: async () => undefined }
  const [postgres, nats] = await Promise.all([startPostgres(), startNats()])
  return {
    postgresUrl: postgres.url,
    natsUrl: nats.url,
    async stop() {
      await Promise.all([postgres.stop(), nats.stop()])
    },
  }
}
