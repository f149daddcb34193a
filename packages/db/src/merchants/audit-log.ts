import type { Executor } from '../database/database'

/** One call of an operator. The table takes no updates and no deletes. */
export interface AuditEntry {
  readonly actor: string
  /** Method and route, such as `POST /api/v1/admin/merchants`. */
  readonly action: string
  /** What it was about: a merchant's, key's or chain's name; null for all. */
  readonly target: string | null
  readonly requestId: string
  /** Never a secret. */
  readonly detail: Readonly<Record<string, unknown>>
}

export async function appendAudit(tx: Executor, entry: AuditEntry): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO audit_log (actor, action, target, request_id, detail)
    VALUES (${entry.actor}, ${entry.action}, ${entry.target}, ${entry.requestId}, ${JSON.stringify(entry.detail)}::jsonb)`
}

/** The newest entry of an action; null if there is none. */
export async function lastAudit(executor: Executor, action: string): Promise<Pick<AuditEntry, 'detail'> | null> {
  const row = await executor.audit_log.findFirst({ where: { action }, orderBy: { id: 'desc' } })
  return row === null ? null : { detail: row.detail as Record<string, unknown> }
}
