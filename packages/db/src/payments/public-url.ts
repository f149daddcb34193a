import type { Executor } from '../database/database'

/** Stores the address under which payers reach the API: every service that renders payments reads it. */
export async function savePublicUrl(executor: Executor, publicUrl: string): Promise<void> {
  await executor.$executeRaw`
    UPDATE gateway_settings SET public_url = ${publicUrl} WHERE public_url IS DISTINCT FROM ${publicUrl}`
}
