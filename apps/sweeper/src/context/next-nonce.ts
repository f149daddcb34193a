import { commit } from '@ctrip/db/leases/fenced-commit'
import { skippedNonce } from '@ctrip/db/sweeps/authorizations'
import { pauseSweeps } from '@ctrip/db/sweeps/sweep-pauses'
import { concludeTransactions, highestNonce, insertForeignNonces } from '@ctrip/db/sweeps/sweep-transactions'
import type { Address } from '@ctrip/domain/address'
import { ForeignNonceError } from './isolate'
import type { LeasedContext } from './sweep-context'

/**
 * The nonce that an account's next transaction or authorization gets. The chain must not know of more of its nonces than
 * we gave out; for a deposit address that we never used, of none.
 */
export async function nextNonce(context: LeasedContext, sender: Address): Promise<number> {
  const skipped = await freeNonce(context, sender)
  if (skipped !== null) return skipped
  const ours = await highestNonce(context.db.prisma, context.config.chainId, sender)
  const isGasWallet = sender === context.keys.gasWallet.address
  if (ours !== null && !isGasWallet) return ours + 1
  // A provider that answers for another network has other nonces. Asked before a halt, and if nothing of ours can be compared.
  if (ours === null && isGasWallet) await context.chain.recheck()
  const used = await usedNonces(context, sender, ours === null ? 0 : ours + 1)
  // A gas wallet that had a life before us starts where that ended.
  const next = ours === null ? (isGasWallet ? used : 0) : ours + 1
  if (used <= next) return next
  await halt(context, sender, { from: next, below: used })
  throw new ForeignNonceError(`${sender} has used nonces ${next} to ${used - 1}, and not through us`)
}

/** The account's used nonces. More than expected are believed only from providers that were just checked again. */
async function usedNonces({ chain }: LeasedContext, sender: Address, expected: number): Promise<number> {
  const used = await chain.agreedNonce(sender, 'latest')
  if (used <= expected) return used
  await chain.recheck()
  return chain.agreedNonce(sender, 'latest')
}

/** A nonce that an authorization was to use and did not: given again, or nothing after it is ever mined. */
async function freeNonce(context: LeasedContext, sender: Address): Promise<number | null> {
  const { config, db } = context
  const skipped = await skippedNonce(db.prisma, config.chainId, sender)
  if (skipped === null || (await usedNonces(context, sender, skipped.nonce)) <= skipped.nonce)
    return skipped?.nonce ?? null
  // It took effect after all.
  await commit(context, 'sweep.authorized', (tx) => concludeTransactions(tx, [skipped.transactionId], 'confirmed'))
  return freeNonce(context, sender)
}

/** Signing stops until a person has looked: somebody has our key, or the database is not the newest. */
async function halt(
  context: LeasedContext,
  sender: Address,
  nonces: { readonly from: number; readonly below: number },
): Promise<void> {
  const { chainId, name: chain } = context.config
  const reason = `${sender} has used nonces ${nonces.from} to ${nonces.below - 1}, and not through us`
  await commit(context, 'sweep.halt', async (tx) => {
    // Noted as used, so that whoever resumes has dealt with these and is stopped by others only.
    await insertForeignNonces(tx, chainId, sender, nonces)
    await pauseSweeps(tx, chainId, reason, 'sweeper')
  })
  context.log.error({ chain, sender, ...nonces }, 'sweep.foreign_nonce')
}
