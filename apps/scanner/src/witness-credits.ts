import { copiesToAgree } from '@ctrip/chain/blocks/judge-copies'
import { recoverSender } from '@ctrip/chain/blocks/recover-sender'
import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { blockVerificationFailures } from '@ctrip/chain/metrics'
import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { extractTransfers, type Transfer, withTrueSenders } from '@ctrip/chain/transfers'
import type { Address } from '@ctrip/domain/address'
import { type Amount, ZERO } from '@ctrip/domain/amount'
import type { Writing } from './chain'

/** Internal transfers of a block that some providers report alike, fewer than an agreement needs. */
export interface Told {
  readonly providers: readonly string[]
  readonly transfers: readonly Transfer[]
  /** Those of them that are to our addresses. */
  readonly ours: readonly Transfer[]
}

/**
 * Null if nothing is credited, or if enough other providers bear it out: by the balances that they tell, before the block and
 * after it, our addresses have at least what they are said to have got. At least, since a withdrawal from staking adds to a
 * balance too, and stands in no trace. Enough are as many as an agreement needs, less those that told the trace. Otherwise the
 * reason why the trace is not believed.
 */
export async function witnessCredits(
  deps: Writing,
  block: VerifiedBlock,
  told: Told,
  signal: AbortSignal,
): Promise<string | null> {
  if (told.ours.length === 0) return null
  if (spendsAny(block, told))
    return 'an address that the trace credits also spends in the block: balances cannot show it'
  const rises = expectedRises(deps, block, told)
  let missing = copiesToAgree(deps.chain.quorum) - told.providers.length
  for (const provider of deps.source.providers().filter((name) => !told.providers.includes(name))) {
    const denied = await isDenied(deps, block, rises, provider, signal)
    if (denied === false) missing -= 1
    if (missing <= 0) return null
    if (denied === true) deny(deps, block, told.providers, provider)
  }
  return 'no other provider tells of such balances'
}

/**
 * Whether a credited address also spends in the block. Its balance then rises by less than it got, and by how much less is not
 * proven: neither the gas that it paid, nor what the trace itself says of its spending. A spender by signature is asked of the
 * signature, and not of the provider that sent the block.
 */
function spendsAny(block: VerifiedBlock, { ours, transfers }: Told): boolean {
  const credited = new Set(ours.map(({ to }) => to))
  if (transfers.some(({ from }) => credited.has(from))) return true
  const senders = block.transactions.filter(({ from }) => credited.has(from)).map(recoverSender)
  return senders.some((sender) => sender !== null && credited.has(sender))
}

/** By how much each credited address must have risen: by all that it got, in the block's own transactions and by the trace. */
function expectedRises({ chain }: Writing, block: VerifiedBlock, { ours }: Told): Map<Address, bigint> {
  const rises = new Map<Address, bigint>(ours.map(({ to }) => [to, ZERO]))
  const native = extractTransfers(block, chain).filter(({ kind, to }) => kind === 'native' && rises.has(to))
  for (const { to, amount } of [...withTrueSenders(block, native), ...ours])
    rises.set(to, (rises.get(to) ?? ZERO) + amount)
  return rises
}

/** Null where the provider does not tell. */
async function isDenied(
  { source }: Writing,
  block: VerifiedBlock,
  rises: ReadonlyMap<Address, bigint>,
  provider: string,
  signal: AbortSignal,
): Promise<boolean | null> {
  const addresses = [...rises.keys()]
  const balancesAt = (hash: VerifiedBlock['hash']): Promise<Amount[]> =>
    source.readBalances(hash, addresses, provider, signal)
  try {
    const [before, after] = await Promise.all([balancesAt(block.parentHash), balancesAt(block.hash)])
    return [...rises.values()].some((rise, at) => (after[at] ?? ZERO) - (before[at] ?? ZERO) < rise)
  } catch (error) {
    if (error instanceof RetryableRpcError || error instanceof PermanentRpcError) return null
    throw error
  }
}

function deny({ chain, log }: Writing, block: VerifiedBlock, tracing: readonly string[], witness: string): void {
  for (const provider of [...tracing, witness])
    blockVerificationFailures.inc({ chain: chain.name, provider, check: 'trace_balances' })
  log.error({ chain: chain.name, block: block.number, provider: tracing.join(', '), witness }, 'scanner.trace_denied')
}
