import type { Database, Executor } from '@ctrip/db/database/database'
import { appendAudit } from '@ctrip/db/merchants/audit-log'
import type { Request } from 'express'
import type { Done } from './do-work'
import type { MerchantCaller } from './endpoint'
import { Problem } from './problem'
import { contextOf } from './request-context'
import { requestWindows } from './request-windows'

/** A caller who is refused may call without end: the audit log has this many of these calls, per replica. The log has all of them. */
const REFUSALS_PER_MINUTE = 60
const WINDOW_MS = 60_000
const REFUSALS = new Set([401, 403, 429])
/** The actor of calls without a valid operator's key. No operator may have this name. */
export const STRANGER = 'stranger'
const TARGET_CHARACTERS_MAX = 200

/** Notes an operator's call where its effect is: in the same transaction. No admin call carries a secret in its body. */
export async function auditCall(db: Executor, request: Request, status: number, body: unknown): Promise<void> {
  await append(db, request, { status, body })
}

interface DecisionCall {
  readonly caller: MerchantCaller
  readonly status: number
  readonly body: unknown
}

/** Notes what a merchant decided about its money, granted or refused. Its metadata is its own, and is left out. */
export async function auditDecision(db: Executor, request: Request, call: DecisionCall): Promise<void> {
  const { caller, status, body } = call
  const { metadata: _left, ...decided } = typeof body === 'object' && body !== null ? { metadata: null, ...body } : {}
  await append(db, request, { status, merchant_id: caller.merchantId, body: decided }, caller.keyId)
}

/** Notes a call that did nothing: it was refused before its work began, or repeats the answer of an earlier one. */
export type AuditIdle = (request: Request, outcome: Done | Problem) => Promise<void>

/** Without the body, which nobody has checked: it may be anything, a secret too. */
export function idleAudit(db: Database): AuditIdle {
  const refusals = requestWindows({ requests: REFUSALS_PER_MINUTE, windowMs: WINDOW_MS })
  return async (request, outcome) => {
    if (REFUSALS.has(outcome.status) && !refusals.take(actorOf(request)).allowed) return
    const detail = outcome instanceof Problem ? { code: outcome.code } : { replayed: true }
    await db.query('audit.idle', (executor) => append(executor, request, { status: outcome.status, ...detail }))
  }
}

async function append(
  db: Executor,
  request: Request,
  detail: Readonly<Record<string, unknown>>,
  actor = actorOf(request),
): Promise<void> {
  const { requestId, route, operator } = contextOf(request)
  // A name may be given again once its operator is revoked; the id is not.
  const who = operator?.operatorId ? { operator_id: operator.operatorId } : {}
  const action = `${request.method} ${route}`
  await appendAudit(db, { actor, action, target: targetOf(request), requestId, detail: { ...detail, ...who } })
}

function actorOf(request: Request): string {
  return contextOf(request).operator?.name ?? STRANGER
}

/** As far as Postgres can keep it: a path that was refused may hold anything. */
function targetOf({ params }: Request): string | null {
  const target = Object.values(params).join('/').replaceAll('\0', '\ufffd')
  return target.slice(0, TARGET_CHARACTERS_MAX).toWellFormed() || null
}
