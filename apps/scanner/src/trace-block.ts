import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { blockVerificationFailures } from '@ctrip/chain/metrics'
import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { extractTransfers, type Transfer } from '@ctrip/chain/transfers'
import { matchRecipients } from '@ctrip/db/scanned-blocks'
import type { Address } from '@ctrip/domain/address'
import type { Traces, Writing } from './chain'

/**
 * The coin that contracts moved in a block; null where no provider traces. No root of the block commits to it, so that where
 * there are several providers two must tell the same of our addresses: until they do, the block waits, since money would be
 * invented by believing one of them, or lost by believing none. Where only one of them traces at all, it is believed.
 */
export async function traceBlock(deps: Writing, block: VerifiedBlock, signal: AbortSignal): Promise<Transfer[] | null> {
  const first = await deps.source.fetchTraces(block, signal)
  if (first === null) return null
  const told = internalTransfers(deps, block, first)
  if (deps.source.providers.length === 1 || told.length === 0) return told
  const recipients = [...new Set(told.map(({ to }) => to))]
  const matches = await deps.db.query('trace.match', (prisma) => matchRecipients(prisma, recipients))
  if (matches.length === 0) return told
  return agreeOn(deps, block, first.provider, told, new Set(matches.map(({ address }) => address)), signal)
}

async function agreeOn(
  deps: Writing,
  block: VerifiedBlock,
  firstProvider: string,
  told: Transfer[],
  ours: ReadonlySet<Address>,
  signal: AbortSignal,
): Promise<Transfer[]> {
  const opinions = new Set([essence(told, ours)])
  let failure: RetryableRpcError | null = null
  for (const provider of deps.source.providers.filter((name) => name !== firstProvider)) {
    const second = await deps.source.fetchTraces(block, signal, provider).catch((error: unknown) => {
      if (!(error instanceof RetryableRpcError)) throw error
      failure = error
      return undefined
    })
    if (second === undefined || second === null) continue
    const transfers = internalTransfers(deps, block, second)
    const opinion = essence(transfers, ours)
    if (opinions.has(opinion)) return transfers
    opinions.add(opinion)
    reportDisagreement(deps, block, [firstProvider, provider])
  }
  if (opinions.size > 1) throw unverified(deps, 'providers disagree')
  if (failure !== null) throw failure
  deps.log.warn(
    { chain: deps.chain.name, block: block.number, provider: firstProvider },
    'scanner.trace_by_one_provider',
  )
  return told
}

function internalTransfers({ chain }: Writing, block: VerifiedBlock, { traces }: Traces): Transfer[] {
  return extractTransfers(block, chain, traces).filter(({ kind }) => kind === 'internal')
}

/** What is told of our addresses, comparable. */
function essence(transfers: readonly Transfer[], ours: ReadonlySet<Address>): string {
  return transfers
    .filter(({ to }) => ours.has(to))
    .map(({ txHash, ordinal, from, to, amount }) => [txHash, ordinal, from, to, amount].join())
    .join(';')
}

function reportDisagreement({ chain, log }: Writing, block: VerifiedBlock, providers: readonly string[]): void {
  for (const provider of providers)
    blockVerificationFailures.inc({ chain: chain.name, provider, check: 'trace_disagreement' })
  log.error({ chain: chain.name, block: block.number, providers }, 'scanner.trace_disagreement')
}

function unverified({ chain }: Writing, reason: string): RetryableRpcError {
  return new RetryableRpcError('unverified', {
    chain: chain.name,
    provider: 'all',
    method: 'debug_traceBlockByHash',
    reason,
  })
}
