import { startNats } from '@ctrip/local-stack/nats'
import { startPostgres } from '@ctrip/local-stack/postgres'

/** Postgres with fsync, and NATS. Labs may share them: each has a database, and nobody consumes their messages. */
export interface Servers {
  readonly postgresUrl: string
  readonly natsUrl: string
  stop(): Promise<void>
}

export async function startServers(): Promise<Servers> {
  const [postgres, nats] = await Promise.all([startPostgres({ durable: true }), startNats()])
  return {
    postgresUrl: postgres.url,
    natsUrl: nats.url,
    stop: async () => void (await Promise.all([postgres.stop(), nats.stop()])),
  }
}
