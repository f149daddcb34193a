import { type Fees, feeCap } from '@ctrip/chain/transactions/fees'
import { pauseSweeps } from '@ctrip/db/sweep-pauses'
import {
  highestNonce,
  insertAttempt,
  insertForeignNonces,
  insertTransaction,
  type NewAttempt,
} from '@ctrip/db/sweep-transactions'
import type { Address } from '@ctrip/domain/address'
import type { Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { inAnchoredSpan } from '@ctrip/telemetry/spans'
import { ForeignNonceError } from './isolate'
import type { Round } from './round'
import type { Draft } from './strategies/strategy'
import { commit, type LeasedContext } from './sweep-context'

/**
 * Gives a draft the account's next nonce, signs it, and commits nonce, bytes and hash together. Nothing has left this
 * process before that commit, and nothing else is ever signed for that nonce but a replacement: so a crash at any point
 * leaves either no trace, or bytes that are simply sent (again).
 */
export async function signTransaction(round: Round, sweep: Sweep, draft: Draft): Promise<void> {
  const { chainId, name: chain } = round.config
  const sender = draft.signer.address
  const nonce = await nextNonce(round, sender)
  const attempt = await sign(chainId, nonce, draft)
  const attributes = { 'ctrip.chain': chain, 'ctrip.tx.hash': attempt.hash, 'ctrip.sweep.id': sweep.id }
  await inAnchoredSpan(`sign ${draft.purpose}`, { anchor: sweep.traceAnchor, attributes }, () =>
    commit(round, 'sweep.sign', (tx) =>
      insertTransaction(tx, { sweepId: sweep.id, chainId, sender, nonce, purpose: draft.purpose, attempt }),
    ),
  )
  round.log.info(
    { chain, sweep_id: sweep.id, tx_hash: attempt.hash, sender, nonce, purpose: draft.purpose },
    'sweep.signed',
  )
}

/** Signs anew for a nonce that is given already. Both may be mined, one of them will. */
export async function signReplacement(
  round: Round,
  transaction: SweepTransaction,
  draft: Draft,
  cancels: boolean,
): Promise<void> {
  const { chainId } = round.config
  const attempt = await sign(chainId, transaction.nonce, draft, cancels)
  await commit(round, 'sweep.replace', (tx) => insertAttempt(tx, chainId, transaction.id, attempt))
}

async function sign(chainId: number, nonce: number, draft: Draft, cancels = false): Promise<NewAttempt> {
  const { signer, to, value, data, gasLimit, fees, takes } = draft
  const { raw, hash } = await signer.signTransaction({ chainId, nonce, to, value, data, gasLimit, fees })
  return { hash, raw, maxFeePerGas: feeCap(fees), maxPriorityFeePerGas: tipOf(fees), takes, cancels }
}

/** The chain must not know of more of an account's nonces than we gave out. For an account that we never used, none. */
async function nextNonce(round: Round, sender: Address): Promise<number> {
  const ours = await highestNonce(round.db.prisma, round.config.chainId, sender)
  const isGasWallet = sender === round.keys.gasWallet.address
  if (ours !== null && !isGasWallet) return ours + 1
  const used = await round.chain.nonce(sender, 'latest')
  // Whose gas wallet had a life before us starts where that ended.
  const next = ours === null ? (isGasWallet ? used : 0) : ours + 1
  if (used <= next) return next
  await haltForForeignNonces(round, sender, { from: next, below: used })
  throw new ForeignNonceError(`${sender} has used nonces ${next} to ${used - 1}, and not through us`)
}

/** Signing stops until a person has looked: somebody has our key, or the database is not the newest. */
export async function haltForForeignNonces(
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

function tipOf(fees: Fees): bigint {
  return fees.kind === 'legacy' ? fees.gasPrice : fees.maxPriorityFeePerGas
}
