import type { Executor } from '@ctrip/db/database/database'
import { appendAudit } from '@ctrip/db/merchants/audit-log'
import type { Request } from 'express'
import { contextOf } from './request-context'

/** Notes an operator's call where its effect is: in the same transaction. No admin call carries a secret in its body. */
export async function auditCall(db: Executor, request: Request, status: number, body: unknown): Promise<void> {
  const { requestId, route } = contextOf(request)
  await appendAudit(db, {
    actor: 'admin',
    action: `${request.method} ${route}`,
    target: Object.values(request.params).join('/') || null,
    requestId,
    detail: { status, body },
  })
}
