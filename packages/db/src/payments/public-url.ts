import type { Executor } from '../database/database'

/** Says under which address payers reach the API, to every service that tells of payments. */
export async function savePublicUrl(executor: Executor, publicUrl: string): Promise<void> {
  await executor.$executeRaw`
    UPDATE gateway_settings SET public_url = ${publicUrl} WHERE public_url IS DISTINCT FROM ${publicUrl}`
}
