import { TRACE_METHOD } from '@ctrip/chain/blocks/fetch-traces'
import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { blockVerificationFailures } from '@ctrip/chain/metrics'
import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { extractTransfers, type Transfer } from '@ctrip/chain/transfers'
import { matchRecipients } from '@ctrip/db/chains/scanned-blocks'
import type { Writing } from './chain'
import { witnessCredits } from './witness-credits'

/**
 * The coin that contracts moved in a block; null where no provider traces. No root of the block commits to it: money would be
 * invented by believing one provider that tells too much, and lost by believing one that tells too little. So where there are
 * several, two must tell the same of our addresses, and until they do the block waits. Less is known in three cases:
 * - the chain has one provider, which is believed in everything (`GET /chains`: single_provider)
 * - only one of several traces at all: what it credits, the balances that another one tells must bear out; what it leaves out
 *   is found by the reconciliation of balances alone
 * - the others cannot be asked now, and the chain's quorum is one, which puts going on before agreeing: a block that is told to
 *   pay us nothing goes on
 */
export async function traceBlock(deps: Writing, block: VerifiedBlock, signal: AbortSignal): Promise<Transfer[] | null> {
  const providers = deps.source.providers()
  const answers: Answer[] = []
  // Two at once, since in ordinary times they tell the same; then one after the other.
  for (const asked of [providers.slice(0, 2), ...providers.slice(2).map((provider) => [provider])]) {
    for (const told of await Promise.all(asked.map((provider) => ask(deps, block, provider, signal))))
      answers.push(told.kind === 'moves' ? await toOpinion(deps, told) : told)
    const agreed = agreement(answers.filter(isOpinion))
    if (agreed !== null) return agreed.transfers
  }
  return decideAlone(deps, block, answers, signal)
}

type Answer = Opinion | { readonly kind: 'traces_not' } | { readonly kind: 'failed'; readonly error: RetryableRpcError }

interface Moves {
  readonly kind: 'moves'
  readonly provider: string
  readonly transfers: Transfer[]
}

interface Opinion extends Omit<Moves, 'kind'> {
  readonly kind: 'opinion'
  /** Those of them that are to our addresses. */
  readonly ours: readonly Transfer[]
}

function isOpinion(answer: Answer): answer is Opinion {
  return answer.kind === 'opinion'
}

function agreement(opinions: readonly Opinion[]): Opinion | null {
  const [told] = [...Map.groupBy(opinions, ofOurs).values()].filter(({ length }) => length > 1)
  return told?.[0] ?? null
}

function ofOurs({ ours }: Opinion): string {
  return ours.map(({ txHash, ordinal, from, to, amount }) => [txHash, ordinal, from, to, amount].join()).join(';')
}

/** No two tell the same. */
async function decideAlone(
  deps: Writing,
  block: VerifiedBlock,
  answers: readonly Answer[],
  signal: AbortSignal,
): Promise<Transfer[] | null> {
  const { chain, log } = deps
  const [opinion, ...others] = answers.filter(isOpinion)
  const [failure] = answers.flatMap((answer) => (answer.kind === 'failed' ? [answer.error] : []))
  if (opinion === undefined) {
    if (failure !== undefined) throw failure
    return null
  }
  if (others.length > 0) throw disagreement(deps, block, [opinion, ...others])
  if (answers.length === 1) return opinion.transfers
  if (failure !== undefined && (chain.quorum > 1 || opinion.ours.length > 0)) throw failure
  if (failure === undefined) await witnessCredits(deps, block, opinion, signal)
  if (failure !== undefined || opinion.ours.length > 0)
    log.warn({ chain: chain.name, block: block.number, provider: opinion.provider }, 'scanner.trace_by_one_provider')
  return opinion.transfers
}

async function ask(
  deps: Writing,
  block: VerifiedBlock,
  provider: string,
  signal: AbortSignal,
): Promise<Moves | Exclude<Answer, Opinion>> {
  try {
    const traces = await deps.source.fetchTraces(block, provider, signal)
    if (traces === null) return { kind: 'traces_not' }
    const transfers = extractTransfers(block, deps.chain, traces).filter(({ kind }) => kind === 'internal')
    return { kind: 'moves', provider, transfers }
  } catch (error) {
    if (error instanceof RetryableRpcError) return { kind: 'failed', error }
    if (error instanceof PermanentRpcError) return { kind: 'failed', error: unverified(deps, provider, error.message) }
    throw error
  }
}

async function toOpinion({ db }: Writing, { provider, transfers }: Moves): Promise<Opinion> {
  const recipients = [...new Set(transfers.map(({ to }) => to))]
  const matches = await db.query('trace.match', (prisma) => matchRecipients(prisma, recipients))
  const addresses = new Set(matches.map(({ address }) => address))
  return { kind: 'opinion', provider, transfers, ours: transfers.filter(({ to }) => addresses.has(to)) }
}

function disagreement(deps: Writing, block: VerifiedBlock, opinions: readonly Opinion[]): RetryableRpcError {
  const { chain, log } = deps
  const providers = opinions.map(({ provider }) => provider)
  for (const provider of providers)
    blockVerificationFailures.inc({ chain: chain.name, provider, check: 'trace_disagreement' })
  log.error({ chain: chain.name, block: block.number, providers }, 'scanner.trace_disagreement')
  return unverified(deps, 'all', 'providers disagree')
}

function unverified({ chain }: Writing, provider: string, reason: string): RetryableRpcError {
  return new RetryableRpcError('unverified', {
    ...{ chain: chain.name, provider, reason },
    method: TRACE_METHOD,
  })
}
