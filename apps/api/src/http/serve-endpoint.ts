import type { Executor } from '@ctrip/db/database/database'
import { type IdempotencyScope, OPERATOR } from '@ctrip/db/merchants/idempotency'
import { type ApiKeyId, idToUuid } from '@ctrip/domain/ids'
import type { Request, RequestHandler, Response } from 'express'
import { type AuditIdle, auditCall, auditDecision } from './audit'
import type { Authenticate } from './authenticate'
import { refusalOf } from './authorize'
import { clientAddress } from './client-address'
import { change, type Done, type Keyed, type Rendering, read, type WorkDeps, writeDecided } from './do-work'
import type { Answer, Caller, Endpoint, Work } from './endpoint'
import { hashRequest, readIdempotencyKey, stillRunning } from './idempotency'
import { Problem } from './problem'
import type { RateLimit } from './rate-limit'
import { readJson } from './read-json'
import { contextOf } from './request-context'
import { sendJson, sendProblem } from './send'

export interface ServeDeps extends WorkDeps {
  readonly authenticate: Authenticate
  readonly noteKeyUse: (keyId: ApiKeyId) => void
  readonly rateLimit: RateLimit
  readonly auditIdle: AuditIdle
  readonly docsUrl: string
}

/** A request's way through an endpoint: who calls, how often, whether it may, what is asked, once per key, done, answered. */
export function serveEndpoint<Deps extends ServeDeps>(endpoint: Endpoint<Deps>, deps: Deps): RequestHandler {
  const answering = answerer(endpoint, deps)
  return async (request, response) => {
    contextOf(request).route = endpoint.spec.path
    const done = await answering(request, response)
    // What did its work has been noted with it, in its transaction.
    const idle = done instanceof Problem || done.replayed === true
    if (idle && endpoint.spec.access === 'admin') await deps.auditIdle(request, done)
    if (done instanceof Problem) return sendProblem(request, response, done, deps.docsUrl)
    done.committed?.()
    Object.assign(contextOf(request).fields, done.log)
    if (done.replayed === true) response.setHeader('Idempotent-Replayed', 'true')
    sendJson(request, response, done)
  }
}

function answerer<Deps extends ServeDeps>(endpoint: Endpoint<Deps>, deps: Deps) {
  const { spec } = endpoint
  const running = new Set<string>()

  return async (request: Request, response: Response): Promise<Done | Problem> => {
    const caller = await deps.authenticate(request.headers.authorization)
    if (caller instanceof Problem) return caller
    nameCaller(request, caller)
    // Before the refusals: a key that may not call is counted as well.
    const tooMany = deps.rateLimit.take(quotaOf(caller), response)
    if (tooMany !== null) return tooMany
    const refusal = refusalOf(caller, spec, clientAddress(request))
    if (refusal !== null) return refusal
    if (caller.kind === 'merchant') deps.noteKeyUse(caller.keyId)
    const body = spec.body === null ? NOTHING : await readJson(request)
    if (!body.ok) return body.problem
    const work = endpoint.prepare({ params: request.params, query: request.query, body: body.value })
    if (work instanceof Problem) return work
    const key = spec.method === 'post' ? readIdempotencyKey(request.get('idempotency-key')) : null
    if (key instanceof Problem) return key
    if (key === null) return dispatch(request, caller, work, body.value, null)
    const keyed = { scope: scopeOf(request, caller, key), requestHash: hashRequest(body.value) }
    return once(keyed.scope, () => dispatch(request, caller, work, body.value, keyed))
  }

  async function dispatch(
    request: Request,
    caller: Caller,
    work: Work<Deps>,
    body: unknown,
    keyed: Keyed | null,
  ): Promise<Done | Problem> {
    const { requestId, traceId } = contextOf(request)
    const { operation, status } = spec
    const rendering: Rendering = { operation, status, problems: { requestId, traceId, docsUrl: deps.docsUrl } }
    if (work.kind === 'decided') return writeDecided(deps, rendering, keyed, await work.decide(deps, caller))
    const run = async (db: Executor): Promise<Answer | Problem> => {
      const outcome = await work.run(deps, caller, db)
      const answered = outcome instanceof Problem ? outcome.status : status
      if (caller.kind === 'admin') await auditCall(db, request, answered, body)
      else if (spec.audited === true) await auditDecision(db, request, { caller, status: answered, body })
      return outcome
    }
    return spec.method === 'get' ? read(deps, rendering, run) : change(deps, rendering, keyed, run)
  }

  /** Says `still running` at once to what this process is working on itself, without taking a connection to ask. */
  async function once(scope: IdempotencyScope, work: () => Promise<Done | Problem>): Promise<Done | Problem> {
    const name = JSON.stringify(scope)
    if (running.has(name)) return stillRunning()
    running.add(name)
    try {
      return await work()
    } finally {
      running.delete(name)
    }
  }
}

function nameCaller(request: Request, caller: Caller): void {
  const context = contextOf(request)
  if (caller.kind === 'merchant') context.fields['merchant_id'] = caller.merchantId
  else {
    context.operator = caller
    context.fields['operator'] = caller.name
  }
}

function quotaOf(caller: Caller): string {
  return caller.kind === 'merchant' ? caller.keyId : (caller.operatorId ?? OPERATOR)
}

/** Each operator has answers of their own: they may hold a secret that is shown once. */
function scopeOf(request: Request, caller: Caller, key: string): IdempotencyScope {
  return {
    caller: uuidOf(caller),
    method: request.method,
    path: request.path,
    key,
  }
}

function uuidOf(caller: Caller): string {
  if (caller.kind === 'merchant') return idToUuid(caller.merchantId)
  return caller.operatorId === null ? OPERATOR : idToUuid(caller.operatorId)
}

const NOTHING = { ok: true, value: {} } as const
