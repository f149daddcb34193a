import type { Executor } from '../database/database'

/** Leases that are held at this moment, by the database's clock: a service that runs holds some. */
export async function readHeldLeases(executor: Executor): Promise<{ readonly name: string; readonly owner: string }[]> {
  return executor.$queryRaw<{ name: string; owner: string }[]>`
    SELECT name, owner FROM leases WHERE lease_until > clock_timestamp() ORDER BY name`
}
