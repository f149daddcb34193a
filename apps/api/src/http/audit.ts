import type { Database, Executor } from '@ctrip/db/database/database'
import { appendAudit } from '@ctrip/db/merchants/audit-log'
import type { Request } from 'express'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Done } from './do-work'
import type { MerchantCaller } from './endpoint'
import { Problem } from './problem'
import { contextOf } from './request-context'

/** Who has no key may call without end: so much of it is written down, per replica. The log has all of it. */
const STRANGERS_PER_MINUTE = 60
const WINDOW_SECONDS = 60
const TARGET_CHARACTERS_MAX = 200

/** Notes an operator's call where its effect is: in the same transaction. No admin call carries a secret in its body. */
export async function auditCall(db: Executor, request: Request, status: number, body: unknown): Promise<void> {
  await append(db, request, 'admin', { status, body })
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
  await append(db, request, caller.keyId, { status, merchant_id: caller.merchantId, body: decided })
}

/** Notes a call that did nothing: it was refused before its work began, or repeats the answer of an earlier one. */
export type AuditIdle = (request: Request, outcome: Done | Problem) => Promise<void>

/** Without the body, which nobody has checked: it may be anything, a secret too. */
export function idleAudit(db: Database): AuditIdle {
  const strangers = new RateLimiterMemory({ points: STRANGERS_PER_MINUTE, duration: WINDOW_SECONDS })
  return async (request, outcome) => {
    const isStranger = outcome.status === 401 || outcome.status === 403
    if (isStranger && !(await hasRoom(strangers))) return
    const detail = outcome instanceof Problem ? { code: outcome.code } : { replayed: true }
    await db.query('audit.idle', (executor) =>
      append(executor, request, isStranger ? 'stranger' : 'admin', { status: outcome.status, ...detail }),
    )
  }
}

async function append(
  db: Executor,
  request: Request,
  actor: string,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { requestId, route } = contextOf(request)
  await appendAudit(db, { actor, action: `${request.method} ${route}`, target: targetOf(request), requestId, detail })
}

/** As far as Postgres can keep it: a path that was refused may hold anything. */
function targetOf({ params }: Request): string | null {
  const target = Object.values(params).join('/').replaceAll('\0', '\ufffd')
  return target.slice(0, TARGET_CHARACTERS_MAX).toWellFormed() || null
}

async function hasRoom(limiter: RateLimiterMemory): Promise<boolean> {
  try {
    await limiter.consume('strangers')
    return true
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return false
    throw refused
  }
}
