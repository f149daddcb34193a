import type { Holding } from '@ctrip/domain/reconcile'
import { type BalanceReading, type BalancesAt, readBalances } from './balances'
import { PermanentRpcError, RetryableRpcError } from './rpc/rpc-error'
import type { CallOptions, RpcPool } from './rpc/rpc-pool'

/**
 * Reads the balances at a block that this many providers report alike. Null where enough of them say that the token does not tell,
 * and where too few still have the state of that block. Throws RetryableRpcError while too few answer, or they contradict
 * each other.
 */
export async function readAgreedBalances(
  pool: RpcPool,
  quorum: number,
  at: BalancesAt,
  holdings: readonly Holding[],
  options: Pick<CallOptions, 'signal'> = {},
): Promise<BalanceReading[]> {
  const { answers, failures } = await ask(pool, quorum, at, holdings, options)
  return holdings.map((_, n) => {
    const agreed = agreedReading(answers, quorum, n)
    if (agreed !== undefined) return agreed
    if (answers.length < quorum && failures.some(isForgotten)) return null
    throw unverified(pool, failures, answers.length)
  })
}

interface Answers {
  readonly answers: readonly BalanceReading[][]
  readonly failures: readonly unknown[]
}

/** If one is enough, the best that responds; else all at once. */
async function ask(
  pool: RpcPool,
  quorum: number,
  at: BalancesAt,
  holdings: readonly Holding[],
  { signal }: Pick<CallOptions, 'signal'>,
): Promise<Answers> {
  const askOne = (provider: string) => readBalances(pool, at, holdings, { signal, provider })
  const failures: unknown[] = []
  if (quorum > 1) {
    const settled = await Promise.allSettled(pool.ranking().map(askOne))
    signal?.throwIfAborted()
    const answers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    return { answers, failures: settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : [])) }
  }
  for (const provider of pool.ranking()) {
    const [answer] = await Promise.allSettled([askOne(provider)])
    signal?.throwIfAborted()
    if (answer.status === 'fulfilled') return { answers: [answer.value], failures }
    failures.push(answer.reason)
  }
  return { answers: [], failures }
}

/** Undefined where no reading is told by enough. */
function agreedReading(answers: readonly BalanceReading[][], quorum: number, n: number): BalanceReading | undefined {
  const told = Map.groupBy(answers, (answer) => answer[n] ?? null)
  for (const [reading, tellers] of told) if (tellers.length >= quorum) return reading
  return undefined
}

/** The node no longer has the state of that block, or does not serve such questions: asking again does not help. */
function isForgotten(error: unknown): boolean {
  if (error instanceof RetryableRpcError) return error.kind === 'state_pruned' || error.kind === 'refused_by_plan'
  return error instanceof PermanentRpcError
}

function unverified(pool: RpcPool, failures: readonly unknown[], answers: number): Error {
  const [failure] = failures
  if (answers > 0) {
    const reason = `${answers} providers answered, and too few of them alike`
    return new RetryableRpcError('unverified', { chain: pool.chain, provider: 'all', method: 'eth_call', reason })
  }
  return failure instanceof Error ? failure : pool.nobodyToAsk('eth_call')
}
