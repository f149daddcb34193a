import { createHash } from 'node:crypto'
import type { Executor } from '@ctrip/db/database/database'
import { ConflictError } from '@ctrip/db/database/errors'
import { storedAnswerContext } from '@ctrip/db/database/sealed-contexts'
import type { SecretBox } from '@ctrip/db/database/secret-box'
import {
  claimIdempotencyKey,
  findAnswer,
  type IdempotencyScope,
  type StoredAnswer,
  storeAnswer,
} from '@ctrip/db/merchants/idempotency'
import { idempotencyReplays } from '../metrics'
import { invalid, Problem } from './problem'

/** An answer as it goes out, and as it is stored: bytes, so that a replay is the same to the last one. */
export interface Rendered {
  readonly status: number
  readonly json: string
}

const KEY_CHARACTERS_MAX = 255

/** The request's key, null if it has none. */
export function readIdempotencyKey(header: string | undefined): string | null | Problem {
  if (header === undefined) return null
  if (header.length > 0 && header.length <= KEY_CHARACTERS_MAX) return header
  return invalid(
    'Idempotency-Key',
    'invalid_idempotency_key',
    `An Idempotency-Key has 1 to ${KEY_CHARACTERS_MAX} characters.`,
  )
}

/** The same for the same content, whatever the order of its keys. */
export function hashRequest(body: unknown): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash('sha256').update(JSON.stringify(body, sortKeys)).digest())
}

/**
 * Does the work once for a key: claims it, works, and stores the sealed answer, all in the caller's transaction. Killed at
 * any point, either the effect and its answer are there, or neither is, and the next request does it.
 * An answer that is itself a failed validation, or worse, is not stored: a corrected request may use the key again.
 */
export async function oncePerKey<Result extends Rendered>(
  { db, secretBox }: { readonly db: Executor; readonly secretBox: SecretBox },
  scope: IdempotencyScope,
  requestHash: Uint8Array<ArrayBuffer>,
  work: () => Promise<Result>,
): Promise<Result | (Rendered & { readonly replayed: true }) | Problem> {
  const claim = await claimIdempotencyKey(db, scope)
  if (claim.kind === 'running') return stillRunning()
  if (claim.kind === 'answered') return replay(claim.answer, requestHash, secretBox, scope)
  const result = await work()
  if (result.status === 422 || result.status >= 500) return result
  const stored = await storeAnswer(db, scope, sealAnswer(secretBox, scope, requestHash, result))
  if (!stored) throw new ConflictError('another request with this key was answered meanwhile')
  return result
}

/** What was answered under a key that is taken, or that it is not answered yet. */
export async function repeatAnswer(
  { db, secretBox }: { readonly db: Executor; readonly secretBox: SecretBox },
  scope: IdempotencyScope,
  requestHash: Uint8Array<ArrayBuffer>,
): Promise<(Rendered & { readonly replayed: true }) | Problem> {
  const answer = await findAnswer(db, scope)
  return answer === null ? stillRunning() : replay(answer, requestHash, secretBox, scope)
}

export function sealAnswer(
  secretBox: SecretBox,
  scope: IdempotencyScope,
  requestHash: Uint8Array<ArrayBuffer>,
  { status, json }: Rendered,
): StoredAnswer {
  return { requestHash, status, sealedBody: secretBox.seal(json, storedAnswerContext(scope)) }
}

export function stillRunning(): Problem {
  idempotencyReplays.inc({ outcome: 'running' })
  return new Problem(409, 'idempotency_in_progress', 'A request with this Idempotency-Key is still being worked on.', {
    headers: { 'Retry-After': '1' },
  })
}

export function replay(answer: StoredAnswer, requestHash: Uint8Array, secretBox: SecretBox, scope: IdempotencyScope) {
  if (!Buffer.from(requestHash).equals(answer.requestHash)) {
    idempotencyReplays.inc({ outcome: 'reused' })
    return new Problem(422, 'idempotency_key_reused', 'This Idempotency-Key was used for another request.', {
      param: 'Idempotency-Key',
    })
  }
  idempotencyReplays.inc({ outcome: 'replayed' })
  const json = secretBox.open(answer.sealedBody, storedAnswerContext(scope))
  return { status: answer.status, json, replayed: true as const }
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
