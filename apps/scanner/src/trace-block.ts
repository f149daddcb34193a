import { TRACE_METHOD } from '@ctrip/chain/blocks/fetch-traces'
import { copiesToAgree } from '@ctrip/chain/blocks/judge-copies'
import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { blockVerificationFailures } from '@ctrip/chain/metrics'
import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { extractTransfers, type Transfer } from '@ctrip/chain/transfers'
import { matchRecipients } from '@ctrip/db/chains/scanned-blocks'
import type { TraceFailure } from '@ctrip/db/chains/trace-debts'
import type { Writing } from './chain'
import { witnessCredits } from './witness-credits'

/** As long as a good provider needs for a full block. The rest is a debt, which waits longer, beside new blocks. */
const PATIENCE_MS = 5_000

/** `untraceable`: no provider has the method. `owed`: some have, and did not tell, or did not tell well enough to be believed. */
export type Tracing =
  | { readonly kind: 'told'; readonly transfers: readonly Transfer[] }
  | { readonly kind: 'untraceable' }
  | { readonly kind: 'owed'; readonly failure: TraceFailure }

/**
 * The coin that contracts moved in a block. No root of the block commits to it: money would be invented by believing one provider
 * that tells too much, and lost by believing one that tells too little. So where there are several, as many as the quorum, and two
 * at least, must tell the same of our addresses. Until they do the block owes it: what is proven is committed meanwhile. Less is
 * known in three cases:
 * - the chain has one provider, which is believed in everything (`GET /chains`: single_provider)
 * - fewer trace at all, and they tell the same: what they credit, the balances that the missing number of others tell must bear
 *   out; what they leave out is found by the reconciliation of balances alone
 * - the others cannot be asked now, and the chain's quorum is one, which puts going on before agreeing: a block that is told to
 *   pay us nothing owes nothing
 */
export async function traceBlock(deps: Writing, block: VerifiedBlock, signal: AbortSignal): Promise<Tracing> {
  const providers = deps.source.providers()
  const needed = copiesToAgree(deps.chain.quorum)
  const answers: Answer[] = []
  // As many at once as must agree, since in ordinary times they tell the same; then one after the other.
  for (const asked of [providers.slice(0, needed), ...providers.slice(needed).map((provider) => [provider])]) {
    for (const told of await Promise.all(asked.map((provider) => ask(deps, block, provider, signal))))
      answers.push(told.kind === 'moves' ? await toOpinion(deps, told) : told)
    const agreed = agreement(answers.filter(isOpinion), needed)
    if (agreed !== null) return { kind: 'told', transfers: agreed.transfers }
  }
  return decideAlone(deps, block, answers, signal)
}

type Answer = Opinion | { readonly kind: 'traces_not' } | Failure

interface Failure {
  readonly kind: 'failed'
  readonly provider: string
  readonly reason: string
}

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

/** Null also where two groups are large enough: they contradict each other. */
function agreement(opinions: readonly Opinion[], needed: number): Opinion | null {
  const [told, ...others] = alike(opinions).filter(({ length }) => length >= needed)
  return others.length === 0 ? (told?.[0] ?? null) : null
}

function alike(opinions: readonly Opinion[]): Opinion[][] {
  return [...Map.groupBy(opinions, ofOurs).values()]
}

function ofOurs({ ours }: Opinion): string {
  return ours.map(({ txHash, ordinal, from, to, amount }) => [txHash, ordinal, from, to, amount].join()).join(';')
}

/** Too few tell the same. */
async function decideAlone(
  deps: Writing,
  block: VerifiedBlock,
  answers: readonly Answer[],
  signal: AbortSignal,
): Promise<Tracing> {
  const opinions = answers.filter(isOpinion)
  const failures = answers.filter((answer) => answer.kind === 'failed')
  const [opinion] = opinions
  if (opinion === undefined) return failures.length === 0 ? { kind: 'untraceable' } : owed(failures)
  if (alike(opinions).length > 1) return disagreement(deps, block, opinions)
  const { transfers, ours } = opinion
  if (answers.length === 1) return { kind: 'told', transfers }
  if (failures.length > 0 && (deps.chain.quorum > 1 || ours.length > 0)) return owed(failures)
  const providers = opinions.map(({ provider }) => provider)
  if (failures.length === 0) {
    const denial = await witnessCredits(deps, block, { providers, transfers, ours }, signal)
    if (denial !== null) return { kind: 'owed', failure: { reason: denial, providers } }
  }
  if (failures.length > 0 || ours.length > 0) warnOfFew(deps, block, providers)
  return { kind: 'told', transfers }
}

function warnOfFew({ chain, log }: Writing, block: VerifiedBlock, providers: readonly string[]): void {
  const provider = providers.join(', ')
  log.warn({ chain: chain.name, block: block.number, provider }, 'scanner.trace_by_one_provider')
}

function owed(failures: readonly Failure[]): Tracing {
  const reason = failures.map((failure) => failure.reason).join('; ')
  return { kind: 'owed', failure: { reason, providers: failures.map(({ provider }) => provider) } }
}

async function ask(
  deps: Writing,
  block: VerifiedBlock,
  provider: string,
  signal: AbortSignal,
): Promise<Moves | Exclude<Answer, Opinion>> {
  const patienceMs = deps.tracePatienceMs ?? PATIENCE_MS
  const patience = AbortSignal.timeout(patienceMs)
  try {
    const traces = await deps.source.fetchTraces(block, provider, AbortSignal.any([signal, patience]))
    if (traces === null) return { kind: 'traces_not' }
    const transfers = extractTransfers(block, deps.chain, traces).filter(({ kind }) => kind === 'internal')
    return { kind: 'moves', provider, transfers }
  } catch (error) {
    if (error instanceof RetryableRpcError || error instanceof PermanentRpcError)
      return { kind: 'failed', provider, reason: error.message }
    if (patience.aborted && !signal.aborted)
      return { kind: 'failed', provider, reason: `${TRACE_METHOD} at ${provider}: no answer in ${patienceMs} ms` }
    throw error
  }
}

async function toOpinion({ db }: Writing, { provider, transfers }: Moves): Promise<Opinion> {
  const recipients = [...new Set(transfers.map(({ to }) => to))]
  const matches = await db.query('trace.match', (prisma) => matchRecipients(prisma, recipients))
  const addresses = new Set(matches.map(({ address }) => address))
  return { kind: 'opinion', provider, transfers, ours: transfers.filter(({ to }) => addresses.has(to)) }
}

function disagreement({ chain, log }: Writing, block: VerifiedBlock, opinions: readonly Opinion[]): Tracing {
  const providers = opinions.map(({ provider }) => provider)
  for (const provider of providers)
    blockVerificationFailures.inc({ chain: chain.name, provider, check: 'trace_disagreement' })
  log.error({ chain: chain.name, block: block.number, providers }, 'scanner.trace_disagreement')
  return { kind: 'owed', failure: { reason: 'providers disagree', providers } }
}
