import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import { SignerRefusedError } from '../signer/signer-client'
import type { SweepContext } from './sweep-context'

/** A block that we know of and nobody shows us now. */
export class BlockUnavailableError extends Error {
  override readonly name = 'BlockUnavailableError'
}

/** Somebody else has signed with one of our keys. */
export class ForeignNonceError extends Error {
  override readonly name = 'ForeignNonceError'
}

const OF_ONE_ADDRESS = [
  RetryableRpcError,
  PermanentRpcError,
  BlockUnavailableError,
  ForeignNonceError,
  SignerRefusedError,
]

/** The result of work on one item. */
export type Attempted<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: WaitReason }

/** Like `isolate`, where the item is to wait for the reason of its failure. */
export async function attempt<T>(
  context: SweepContext,
  subject: Record<string, unknown>,
  work: () => Promise<T>,
): Promise<Attempted<T>> {
  try {
    return { ok: true, value: await work() }
  } catch (error) {
    return { ok: false, reason: noteTrouble(context, subject, error) }
  }
}

/**
 * Keeps one address' trouble with the chain from the others: logged, undone, tried again in the next round. What concerns
 * all (the lease, the database, a mistake of ours) ends the round.
 */
export async function isolate<T>(
  context: SweepContext,
  subject: Record<string, unknown>,
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    noteTrouble(context, subject, error)
    return null
  }
}

/** Returns why the item waits. Throws what concerns all. */
function noteTrouble({ conditions }: SweepContext, subject: Record<string, unknown>, error: unknown): WaitReason {
  if (!OF_ONE_ADDRESS.some((kind) => error instanceof kind)) throw error
  conditions.note({ level: 'warn', msg: 'sweep.trouble', kind: kindOf(error), fields: { ...subject, err: error } })
  if (error instanceof SignerRefusedError) return 'refused_by_signer'
  return error instanceof ForeignNonceError ? 'foreign_nonce' : 'not_answered'
}

/** Errors of one kind are one condition, whichever item they concern. */
function kindOf(error: unknown): string {
  if (error instanceof RetryableRpcError || error instanceof PermanentRpcError) return error.kind
  if (error instanceof SignerRefusedError) return error.rule
  return error instanceof Error ? error.name : 'unknown'
}
