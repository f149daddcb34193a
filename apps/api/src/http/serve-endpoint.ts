import type { Database, Executor } from '@ctrip/db/database'
import { ConflictError } from '@ctrip/db/errors'
import { type IdempotencyScope, OPERATOR } from '@ctrip/db/idempotency'
import type { SecretBox } from '@ctrip/db/secret-box'
import { idToUuid } from '@ctrip/domain/ids'
import type { Request, RequestHandler, Response } from 'express'
import { dependencyDuration } from '../metrics'
import { auditCall } from './audit'
import type { Authenticate } from './authenticate'
import type { Caller, Endpoint, Work } from './endpoint'
import { hashRequest, oncePerKey, type Rendered, readIdempotencyKey, stillRunning } from './idempotency'
import { Problem, type ProblemContext, renderProblem } from './problem'
import type { RateLimit } from './rate-limit'
import { readJson } from './read-json'
import { contextOf } from './request-context'
import { sendJson, sendProblem } from './send'

export interface ServeDeps {
  readonly db: Database
  readonly secretBox: SecretBox
  readonly authenticate: Authenticate
  readonly rateLimit: RateLimit
  readonly docsUrl: string
}

interface Done extends Rendered {
  readonly committed?: () => void
  readonly log?: Readonly<Record<string, string>>
  readonly replayed?: true
  readonly headers?: Readonly<Record<string, string>>
}

const CONFLICTS_MAX = 3

/** A request's way through an endpoint: who calls, how often, what is asked, once per key, done, answered. */
export function serveEndpoint<Deps extends ServeDeps>(endpoint: Endpoint<Deps>, deps: Deps): RequestHandler {
  const answering = answerer(endpoint, deps)
  return async (request, response) => {
    contextOf(request).route = endpoint.spec.path
    const done = await answering(request, response)
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
    const caller = await deps.authenticate(request.headers.authorization, spec.access)
    if (caller instanceof Problem) return caller
    if (caller.kind === 'merchant') contextOf(request).fields['merchant_id'] = caller.merchantId
    const tooMany = await deps.rateLimit.take(caller.kind === 'merchant' ? caller.keyId : OPERATOR, response)
    if (tooMany !== null) return tooMany
    const body = spec.body === null ? NOTHING : await readJson(request)
    if (!body.ok) return body.problem
    const work = endpoint.prepare({ params: request.params, query: request.query, body: body.value })
    if (work instanceof Problem) return work
    return dispatch(request, caller, work, body.value)
  }

  async function dispatch(request: Request, caller: Caller, work: Work<Deps>, body: unknown): Promise<Done | Problem> {
    const context = problemContext(request, deps.docsUrl)
    const run = async (db: Executor): Promise<Done> => {
      const done = await perform(work, deps, caller, db, spec.status, context)
      if (caller.kind === 'admin') await auditCall(db, request, done.status, body)
      return done
    }
    if (spec.method === 'get') return timed(() => deps.db.query(spec.operation, run))
    const key = spec.method === 'post' ? readIdempotencyKey(request.get('idempotency-key')) : null
    if (key instanceof Problem) return key
    if (key === null) return timed(() => deps.db.transaction(spec.operation, run))
    const scope = scopeOf(request, caller, key)
    return once(scope, () =>
      again(() =>
        timed(() =>
          deps.db.transaction(spec.operation, (tx) => {
            return oncePerKey<Done>({ db: tx, secretBox: deps.secretBox }, scope, hashRequest(body), () => run(tx))
          }),
        ),
      ),
    )
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

async function perform<Deps>(
  work: Work<Deps>,
  deps: Deps,
  caller: Caller,
  db: Executor,
  status: number,
  context: ProblemContext,
): Promise<Done> {
  const outcome = await work(deps, caller, db)
  if (outcome instanceof Problem) {
    const json = JSON.stringify(renderProblem(outcome, context))
    return { status: outcome.status, json, ...(outcome.more.headers && { headers: outcome.more.headers }) }
  }
  const { body, ...rest } = outcome
  return { status, json: JSON.stringify(body), ...rest }
}

/** The other one is committed by now: the second look finds its answer. */
async function again<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt === CONFLICTS_MAX) throw error
    }
  }
}

async function timed<Result>(work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now()
  try {
    return await work()
  } finally {
    dependencyDuration.observe({ dependency: 'database' }, (performance.now() - startedAt) / 1000)
  }
}

function scopeOf(request: Request, caller: Caller, key: string): IdempotencyScope {
  return {
    caller: caller.kind === 'merchant' ? idToUuid(caller.merchantId) : OPERATOR,
    method: request.method,
    path: request.path,
    key,
  }
}

function problemContext(request: Request, docsUrl: string): ProblemContext {
  const { requestId, traceId } = contextOf(request)
  return { requestId, traceId, docsUrl }
}

const NOTHING = { ok: true, value: {} } as const
