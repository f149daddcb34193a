import type { Database, Executor } from '@ctrip/db/database/database'
import { ConflictError } from '@ctrip/db/database/errors'
import type { SecretBox } from '@ctrip/db/database/secret-box'
import { transaction } from '@ctrip/db/database/transaction'
import { findAnswer, type IdempotencyScope } from '@ctrip/db/merchants/idempotency'
import { assert } from '@ctrip/domain/assert'
import { dependencyDuration } from '../metrics'
import type { Answer, Decision } from './endpoint'
import { oncePerKey, type Rendered, repeatAnswer, replay, sealAnswer } from './idempotency'
import { Problem, type ProblemContext, renderProblem } from './problem'

export interface Done extends Rendered {
  readonly committed?: () => void
  readonly log?: Readonly<Record<string, string>>
  readonly replayed?: true
  readonly headers?: Readonly<Record<string, string>>
}

/** A request's Idempotency-Key, and what it may be used again for. */
export interface Keyed {
  readonly scope: IdempotencyScope
  readonly requestHash: Uint8Array<ArrayBuffer>
}

export interface WorkDeps {
  readonly db: Database
  readonly secretBox: SecretBox
}

/** How an outcome becomes an answer. */
export interface Rendering {
  readonly operation: string
  readonly status: number
  readonly problems: ProblemContext
}

const CONFLICTS_MAX = 3

export function read(
  { db }: WorkDeps,
  rendering: Rendering,
  work: (db: Executor) => Promise<Answer | Problem>,
): Promise<Done> {
  return timed(() => db.query(rendering.operation, async (executor) => render(await work(executor), rendering)))
}

/** Changes something in one transaction, and stores its answer in the same one if it has a key. */
export async function change(
  { db, secretBox }: WorkDeps,
  rendering: Rendering,
  keyed: Keyed | null,
  work: (tx: Executor) => Promise<Answer | Problem>,
): Promise<Done | Problem> {
  const inTransaction = (tx: Executor): Promise<Done | Problem> => {
    const run = async (): Promise<Done> => render(await work(tx), rendering)
    return keyed === null ? run() : oncePerKey({ db: tx, secretBox }, keyed.scope, keyed.requestHash, run)
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await timed(() => transaction(db, rendering.operation, inTransaction))
    } catch (error) {
      // Another request with this key has committed by now: the second look finds its answer.
      if (!(error instanceof ConflictError) || attempt === CONFLICTS_MAX) throw error
    }
  }
}

/** Writes what was decided, with its answer; what a key has answered before is answered again instead. */
export async function writeDecided(
  { db, secretBox }: WorkDeps,
  rendering: Rendering,
  keyed: Keyed | null,
  decision: Decision | Problem,
): Promise<Done | Problem> {
  if (decision instanceof Problem) return keyed === null ? decision : answeredBefore({ db, secretBox }, keyed, decision)
  const done = render(decision, rendering)
  const answer =
    keyed === null ? null : { scope: keyed.scope, stored: sealAnswer(secretBox, keyed.scope, keyed.requestHash, done) }
  if (await timed(() => decision.write(answer))) return done
  assert(keyed !== null, 'only a key can be taken')
  return db.query('idempotency.find', (executor) =>
    repeatAnswer({ db: executor, secretBox }, keyed.scope, keyed.requestHash),
  )
}

/** A quota that is used up since, or a chain that is gone, does not change what a key was answered before. */
async function answeredBefore({ db, secretBox }: WorkDeps, keyed: Keyed, refusal: Problem): Promise<Done | Problem> {
  const stored = await db.query('idempotency.find', (executor) => findAnswer(executor, keyed.scope))
  return stored === null ? refusal : replay(stored, keyed.requestHash, secretBox, keyed.scope)
}

function render(outcome: Answer | Problem, { status, problems }: Rendering): Done {
  if (outcome instanceof Problem) {
    const json = JSON.stringify(renderProblem(outcome, problems))
    return { status: outcome.status, json, ...(outcome.more.headers && { headers: outcome.more.headers }) }
  }
  const { body, found, committed, log } = outcome
  return {
    status: found === true ? 200 : status,
    json: JSON.stringify(body),
    ...(committed && { committed }),
    ...(log && { log }),
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
