import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { CallOptions, RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import type { Trial } from './chain-access'

type Works = Extract<Trial, { readonly kind: 'works' }>
type Vote = Trial | RetryableRpcError | PermanentRpcError

/**
 * Tries a transfer at one provider more than must agree, and at the others where these do not decide it. One that shows it to work is
 * believed, since a wrong "it works" costs gas at most; a refusal counts once this many providers refuse, since by one wrong refusal
 * money would wait for hours. Gas is the lower median of those that show it to work: by one provider's inflated estimate, coin would be
 * handed over for nothing, or the transfer called impossible. Throws RetryableRpcError while neither is known.
 */
export async function agreedTrial(
  pool: Pick<RpcPool, 'chain' | 'ranking' | 'nobodyToAsk'>,
  quorum: number,
  tryAt: (options: Pick<CallOptions, 'provider'>) => Promise<Trial>,
): Promise<Trial> {
  if (quorum === 1) return tryAt({})
  const ask = (providers: readonly string[]) =>
    Promise.all(providers.map((provider) => voteOf(() => tryAt({ provider }))))
  const ranking = pool.ranking()
  const first = await ask(ranking.slice(0, quorum + 1))
  const isDecided = sureOf(first).length >= quorum || refusedOf(first).length > quorum
  const votes = isDecided ? first : [...first, ...(await ask(ranking.slice(quorum + 1)))]
  const sure = sureOf(votes)
  if (sure.length > 0) return medianOf(sure)
  const [refusal, ...others] = refusedOf(votes)
  if (refusal !== undefined && others.length + 1 >= quorum) return refusal
  const unsure = votes.filter(isWorking)
  if (unsure.length > 0) return medianOf(unsure)
  if (refusal === undefined) throw votes.findLast((one) => one instanceof Error) ?? pool.nobodyToAsk('eth_estimateGas')
  const reason = `refused by ${others.length + 1}, not by ${quorum} providers, and shown to work by none`
  throw new RetryableRpcError('unverified', { chain: pool.chain, provider: 'all', method: 'eth_estimateGas', reason })
}

async function voteOf(ask: () => Promise<Trial>): Promise<Vote> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof RetryableRpcError || error instanceof PermanentRpcError) return error
    throw error
  }
}

function isWorking(vote: Vote): vote is Works {
  return !(vote instanceof Error) && vote.kind === 'works'
}

function sureOf(votes: readonly Vote[]): Works[] {
  return votes.filter(isWorking).filter(({ isSure }) => isSure)
}

function refusedOf(votes: readonly Vote[]): Trial[] {
  return votes.filter((vote): vote is Trial => !(vote instanceof Error) && vote.kind === 'refused')
}

/** Of two the lower: too little gas shows as a transaction that fails, too much is lost unseen. One that saw senders with code refused is believed. */
function medianOf(works: readonly Works[]): Works {
  const sorted = works.toSorted((a, b) => (a.gas < b.gas ? -1 : a.gas > b.gas ? 1 : 0))
  const median = sorted[(sorted.length - 1) >> 1]
  if (median === undefined) throw new RangeError('nothing has no median')
  return { ...median, takesCode: works.every(({ takesCode }) => takesCode) }
}
