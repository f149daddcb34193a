import type { Database, Executor } from '../database/database'

/** Why nothing new is signed on a chain; null while sweeping goes on. What was signed is still sent and followed. */
export async function readPause(executor: Executor, chainId: number): Promise<string | null> {
  const row = await executor.sweep_pauses.findUnique({ where: { chain_id: chainId } })
  return row?.reason ?? null
}

/** Pauses a chain; the first reason stays. */
export async function pauseSweeps(tx: Executor, chainId: number, reason: string, actor: string): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO sweep_pauses (chain_id, reason, actor) VALUES (${chainId}, ${reason}, ${actor}) ON CONFLICT DO NOTHING`
}

export async function resumeSweeps(db: Database, chainId: number): Promise<boolean> {
  const resumed = await db.query(
    'sweep_pauses.resume',
    (prisma) => prisma.$executeRaw`DELETE FROM sweep_pauses WHERE chain_id = ${chainId}`,
  )
  return resumed > 0
}
