import { recoverSender } from '@ctrip/chain/blocks/recover-sender'
import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { blockVerificationFailures } from '@ctrip/chain/metrics'
import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { extractTransfers, type Transfer, withTrueSenders } from '@ctrip/chain/transfers'
import type { Address } from '@ctrip/domain/address'
import { type Amount, ZERO } from '@ctrip/domain/amount'
import type { Writing } from './chain'

/** What one provider alone tells that contracts moved in a block. */
export interface Told {
  readonly provider: string
  readonly transfers: readonly Transfer[]
  readonly ours: readonly Transfer[]
}

/**
 * Null if nothing is credited, or if by the balances that another provider tells, before the block and after it, our addresses
 * have at least what they are said to have got. At least, since a withdrawal from staking adds to a balance too, and stands in no
 * trace. Otherwise why nobody bears it out.
 */
export async function witnessCredits(
  deps: Writing,
  block: VerifiedBlock,
  told: Told,
  signal: AbortSignal,
): Promise<string | null> {
  const rises = expectedRises(deps, block, told)
  if (rises.size === 0) return null
  for (const provider of deps.source.providers().filter((name) => name !== told.provider)) {
    const denied = await isDenied(deps, block, rises, provider, signal)
    if (denied === false) return null
    if (denied === true) deny(deps, block, told.provider, provider)
  }
  return 'no other provider tells of such balances'
}

/**
 * By how much each address credited by the trace alone must have risen: by all it got, less what our sweeps took on to the
 * treasury in the same block. What an address pays for gas is not known here, so one that sends is not held to any rise; that it
 * sends is its signature's word, and not that of the provider which sent the block.
 */
function expectedRises({ chain }: Writing, block: VerifiedBlock, told: Told): Map<Address, bigint> {
  const ours = new Set(told.ours.map(({ to }) => to))
  const senders = new Set(block.transactions.filter(({ from }) => ours.has(from)).map(recoverSender))
  const credited = [...ours].filter((address) => !senders.has(address))
  const rises = new Map<Address, bigint>(credited.map((address) => [address, ZERO]))
  const native = extractTransfers(block, chain).filter(({ kind, to }) => kind === 'native' && rises.has(to))
  for (const { to, amount } of [...withTrueSenders(block, native), ...told.transfers])
    rises.set(to, (rises.get(to) ?? ZERO) + amount)
  for (const { from, to, amount } of told.transfers)
    if (to === chain.treasury) rises.set(from, (rises.get(from) ?? ZERO) - amount)
  return new Map([...rises].filter(([address]) => credited.includes(address)))
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

function deny({ chain, log }: Writing, block: VerifiedBlock, tracing: string, witness: string): void {
  for (const provider of [tracing, witness])
    blockVerificationFailures.inc({ chain: chain.name, provider, check: 'trace_balances' })
  log.error({ chain: chain.name, block: block.number, provider: tracing, witness }, 'scanner.trace_denied')
}
