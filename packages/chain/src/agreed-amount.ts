import type { Amount } from '@ctrip/domain/amount'
import { amountOf, MalformedHexError } from './hex'
import { callAndRead } from './rpc/read-result'
import { type PermanentRpcError, RetryableRpcError } from './rpc/rpc-error'
import type { EachAnswer, RpcPool } from './rpc/rpc-pool'

/**
 * An amount that this many providers tell alike. A balance is not proven by any hash, and money is signed for by it: one
 * that understates it would have part of a deposit swept, and the payment settled. Throws RetryableRpcError while they do
 * not agree, as for a moment after each block.
 */
export async function readAgreedAmount(
  pool: RpcPool,
  quorum: number,
  method: string,
  params: readonly unknown[],
  signal?: AbortSignal,
): Promise<Amount> {
  if (quorum === 1) return callAndRead(pool, method, params, { signal }, amountOf)
  const answers = await pool.each(method, params, { signal })
  const told = Map.groupBy(answers.flatMap(readAmount), (amount) => amount)
  for (const [amount, tellers] of told) if (tellers.length >= quorum) return amount
  throw disagreement(pool, method, answers, told.size)
}

function readAmount(answer: EachAnswer): Amount[] {
  if (!answer.ok) return []
  try {
    return [amountOf(answer.result)]
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
  const reason = `${told} different amounts, none of them from enough providers`
  return new RetryableRpcError('unverified', { chain: pool.chain, provider: 'all', method, reason })
}
