import type { Executor } from '@ctrip/db/database/database'
import type { KeyLimits } from '@ctrip/db/merchants/api-keys'
import type { AnswerToStore } from '@ctrip/db/payments/create-payments'
import type { ApiKeyId, MerchantId, OperatorId } from '@ctrip/domain/ids'
import type { MerchantScope, OperatorRole, OperatorScope } from '@ctrip/domain/scopes'
import type { z } from 'zod'
import { notFound, Problem } from './problem'
import { validate } from './validate'

export type Access = 'merchant' | 'admin'

/** The right that a route needs. */
type ScopeOf<A extends Access> = A extends 'merchant' ? MerchantScope : OperatorScope

export interface MerchantCaller extends KeyLimits {
  readonly kind: 'merchant'
  readonly merchantId: MerchantId
  readonly keyId: ApiKeyId
}

export interface AdminCaller {
  readonly kind: 'admin'
  /** Null for ADMIN_API_KEY, the first operator. */
  readonly operatorId: OperatorId | null
  readonly name: string
  readonly role: OperatorRole
}

export type Caller = MerchantCaller | AdminCaller
type CallerOf<A extends Access> = Extract<Caller, { kind: A }>

/** What an endpoint looks like from outside: the source of routing, validation and the OpenAPI document. */
export interface EndpointSpec<
  A extends Access = Access,
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType | null = z.ZodType | null,
  Result extends z.ZodType = z.ZodType,
> {
  /** The OpenAPI operationId, and the name of the database operation in metrics. */
  readonly operation: string
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /** As Express has it: `/api/v1/payments/:id`. */
  readonly path: string
  readonly access: A
  readonly scope: ScopeOf<A>
  /** Written to the audit log also where a merchant calls it: a decision about money. */
  readonly audited?: true
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** What the path names, for a 404: `payment`. */
  readonly subject?: string
  readonly params: Params
  readonly query: Query
  /** Null where no body is read. */
  readonly body: Body
  readonly status: 200 | 201 | 202
  /** When the response is 200 in place of `status`, with the same kind of body. */
  readonly statusFound?: string
  readonly result: Result
  /** Codes of 404 and 409 answers that this endpoint gives. */
  readonly refusals: readonly (404 | 409)[]
}

interface Call<C extends Caller, Params, Query, Body> {
  readonly caller: C
  readonly params: Params
  readonly query: Query
  readonly body: Body
}

export interface Answer<Result = unknown> {
  readonly body: Result
  /** Nothing was made: the response is 200 (`statusFound`). */
  readonly found?: true
  /** Runs once the transaction is committed: metrics, logs, waking others. */
  readonly committed?: () => void
  /** Fields for the request's line of log. */
  readonly log?: Readonly<Record<string, string>>
}

/** An answer that is true once `write` has written it, together with what its Idempotency-Key will repeat. */
export interface Decision<Result = unknown> extends Answer<Result> {
  /** False if the key is taken: then nothing was written. */
  readonly write: (answer: AnswerToStore | null) => Promise<boolean>
}

interface RawRequest {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
}

/** A request that passed validation: what is left is to do it. */
export type Work<Deps> =
  /** A GET reads with `db`; anything else is within one transaction, together with its Idempotency-Key. */
  | { readonly kind: 'direct'; run(deps: Deps, caller: Caller, db: Executor): Promise<Answer | Problem> }
  /** Decided first, and written together with what others have decided meanwhile. */
  | { readonly kind: 'decided'; decide(deps: Deps, caller: Caller): Promise<Decision | Problem> }

export interface Endpoint<Deps> {
  readonly spec: EndpointSpec
  prepare(request: RawRequest): Work<Deps> | Problem
}

type CallOf<
  A extends Access,
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType | null,
> = Call<CallerOf<A>, z.output<Params>, z.output<Query>, Body extends z.ZodType ? z.output<Body> : null>

/** Joins what an endpoint looks like with what it does. */
export function endpoint<
  A extends Access,
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType | null,
  Result extends z.ZodType,
  Deps,
>(
  spec: EndpointSpec<A, Params, Query, Body, Result>,
  handle: (
    deps: Deps,
    call: CallOf<A, Params, Query, Body> & { readonly db: Executor },
  ) => Promise<Answer<z.output<Result>> | Problem>,
): Endpoint<Deps> {
  return {
    spec,
    prepare(request) {
      const call = parse(spec, request)
      if (call instanceof Problem) return call
      return { kind: 'direct', run: (deps, caller, db) => handle(deps, { ...call(caller), db }) }
    },
  }
}

/** The same for what is written in batches. */
export function decidedEndpoint<
  A extends Access,
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType | null,
  Result extends z.ZodType,
  Deps,
>(
  spec: EndpointSpec<A, Params, Query, Body, Result>,
  decide: (deps: Deps, call: CallOf<A, Params, Query, Body>) => Promise<Decision<z.output<Result>> | Problem>,
): Endpoint<Deps> {
  return {
    spec,
    prepare(request) {
      const call = parse(spec, request)
      if (call instanceof Problem) return call
      return { kind: 'decided', decide: (deps, caller) => decide(deps, call(caller)) }
    },
  }
}

function parse<A extends Access, Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType | null>(
  spec: EndpointSpec<A, Params, Query, Body>,
  request: RawRequest,
): ((caller: Caller) => CallOf<A, Params, Query, Body>) | Problem {
  const params = spec.params.safeParse(request.params)
  if (!params.success) return notFound(spec.subject ?? 'resource')
  const query = validate(spec.query, request.query)
  if (!query.ok) return query.problem
  const body = spec.body === null ? NO_BODY : validate(spec.body, request.body)
  if (!body.ok) return body.problem
  return (caller) => ({
    // Authenticated for `spec.access` before any work is done; parsed by `spec.body` right above.
    caller: caller as CallerOf<A>,
    body: body.value as CallOf<A, Params, Query, Body>['body'],
    params: params.data,
    query: query.value,
  })
}

const NO_BODY = { ok: true, value: null } as const
