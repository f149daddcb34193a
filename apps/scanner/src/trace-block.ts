import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { blockVerificationFailures } from '@ctrip/chain/metrics'
import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { extractTransfers, type Transfer } from '@ctrip/chain/transfers'
import { matchRecipients } from '@ctrip/db/chains/scanned-blocks'
import type { Traces, Writing } from './chain'

/**
 * The coin that contracts moved in a block; null where no provider traces. No root of the block commits to it, so that where
 * there are several providers two must tell the same of our addresses: until they do, the block waits, since money would be
 * invented by believing one of them, or lost by believing none. Where only one of them traces at all, it is believed. One that
 * leaves money out is not noticed here: asking two about every block would double the dearest call; a backfill finds it.
 */
export async function traceBlock(deps: Writing, block: VerifiedBlock, signal: AbortSignal): Promise<Transfer[] | null> {
  const traces = await deps.source.fetchTraces(block, signal)
  if (traces === null) return null
  if (deps.source.providers.length === 1) return internalTransfers(deps, block, traces)
  const first = await opinionOf(deps, block, traces)
  return first.ofOurs === NOTHING ? first.transfers : agreeOn(deps, block, first, signal)
}

interface Opinion {
  readonly provider: string
  readonly transfers: Transfer[]
  /** What it tells of our addresses, comparable. */
  readonly ofOurs: string
}

const NOTHING = ''

async function agreeOn(deps: Writing, block: VerifiedBlock, first: Opinion, signal: AbortSignal): Promise<Transfer[]> {
  const opinions = [first]
  const failures: RetryableRpcError[] = []
  for (const provider of deps.source.providers.filter((name) => name !== first.provider)) {
    const traces = await askOne(deps, block, provider, signal)
    if (traces instanceof RetryableRpcError) failures.push(traces)
    if (traces === null || traces instanceof RetryableRpcError) continue
    const opinion = await opinionOf(deps, block, traces)
    if (opinions.some(({ ofOurs }) => ofOurs === opinion.ofOurs)) return opinion.transfers
    opinions.push(opinion)
  }
  if (opinions.length > 1) throw disagreement(deps, block, opinions)
  for (const failure of failures) throw failure
  deps.log.warn(
    { chain: deps.chain.name, block: block.number, provider: first.provider },
    'scanner.trace_by_one_provider',
  )
  return first.transfers
}

async function askOne({ source }: Writing, block: VerifiedBlock, provider: string, signal: AbortSignal) {
  try {
    return await source.fetchTraces(block, signal, provider)
  } catch (error) {
    if (error instanceof RetryableRpcError) return error
    throw error
  }
}

function internalTransfers({ chain }: Writing, block: VerifiedBlock, { traces }: Traces): Transfer[] {
  return extractTransfers(block, chain, traces).filter(({ kind }) => kind === 'internal')
}

async function opinionOf(deps: Writing, block: VerifiedBlock, traces: Traces): Promise<Opinion> {
  const transfers = internalTransfers(deps, block, traces)
  const recipients = [...new Set(transfers.map(({ to }) => to))]
  const matches = await deps.db.query('trace.match', (prisma) => matchRecipients(prisma, recipients))
  const ours = new Set(matches.map(({ address }) => address))
  const ofOurs = transfers
    .filter(({ to }) => ours.has(to))
    .map(({ txHash, ordinal, from, to, amount }) => [txHash, ordinal, from, to, amount].join())
    .join(';')
  return { provider: traces.provider, transfers, ofOurs }
}

function disagreement({ chain, log }: Writing, block: VerifiedBlock, opinions: readonly Opinion[]): RetryableRpcError {
  const providers = opinions.map(({ provider }) => provider)
  for (const provider of providers)
    blockVerificationFailures.inc({ chain: chain.name, provider, check: 'trace_disagreement' })
  log.error({ chain: chain.name, block: block.number, providers }, 'scanner.trace_disagreement')
  const details = { chain: chain.name, provider: 'all', method: 'debug_traceBlockByHash', reason: 'providers disagree' }
  return new RetryableRpcError('unverified', details)
}
