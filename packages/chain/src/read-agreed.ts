import { MalformedHexError } from './hex'
import { callAndRead } from './rpc/read-result'
import { type PermanentRpcError, RetryableRpcError } from './rpc/rpc-error'
import type { CallOptions, EachAnswer, RpcPool } from './rpc/rpc-pool'

export interface Question<T> {
  readonly method: string
  readonly params: readonly unknown[]
  /** Reads an answer; throws MalformedHexError where it is none. */
  readonly read: (result: unknown) => T
}

/**
 * What this many providers tell alike. A state is not proven by any hash, and we sign by it: one that understates a balance
 * would have part of a deposit swept, and the payment settled; one that is behind would have a used nonce given again.
 * Throws RetryableRpcError while they do not agree, as for a moment after each block.
 */
export async function readAgreed<T extends string | number | bigint | boolean>(
  pool: RpcPool,
  quorum: number,
  question: Question<T>,
  options: Pick<CallOptions, 'signal'> = {},
): Promise<T> {
  const { method, params, read } = question
  if (quorum === 1) return callAndRead(pool, method, params, options, read)
  const answers = await pool.each(method, params, options)
  const told = Map.groupBy(
    answers.flatMap((answer) => readOne(answer, read)),
    (value) => value,
  )
  for (const [value, tellers] of told) if (tellers.length >= quorum) return value
  throw disagreement(pool, method, answers, told.size)
}

function readOne<T>(answer: EachAnswer, read: (result: unknown) => T): T[] {
  if (!answer.ok) return []
  try {
    return [read(answer.result)]
  } catch (error) {
    if (error instanceof MalformedHexError) return [] // no answer at all
    throw error
  }
}

/** Where nobody answered, the reason that they gave. */
function disagreement(
  pool: RpcPool,
  method: string,
  answers: readonly EachAnswer[],
  told: number,
): RetryableRpcError | PermanentRpcError {
  const failure = answers.find((answer) => !answer.ok)
  if (told === 0 && failure !== undefined && !failure.ok) return failure.error
  const reason = `${told} different answers, none of them from enough providers`
  return new RetryableRpcError('unverified', { chain: pool.chain, provider: 'all', method, reason })
}
