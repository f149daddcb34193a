import { feeCap, tipOf } from '@ctrip/chain/transactions/fees'
import { commit } from '@ctrip/db/leases/fenced-commit'
import { insertAttempt, insertTransaction, type NewAttempt } from '@ctrip/db/sweeps/sweep-transactions'
import { assert } from '@ctrip/domain/assert'
import type { Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { inAnchoredSpan } from '@ctrip/telemetry/spans'
import { nextNonce } from '../context/next-nonce'
import type { LeasedContext } from '../context/sweep-context'
import type { Draft } from '../strategies/strategy'

/** Signs what a sweep needs, in the sweep's trace. */
export async function signForSweep(context: LeasedContext, sweep: Sweep, draft: Draft): Promise<void> {
  const attributes = { 'ctrip.chain': sweep.chain, 'ctrip.sweep.id': sweep.id }
  await inAnchoredSpan(`sign ${draft.purpose}`, { anchor: sweep.traceAnchor, attributes }, (span) =>
    signTransaction(context, sweep.id, draft).then((hash) => span.setAttribute('ctrip.tx.hash', hash)),
  )
}

/**
 * Gives a draft the account's next nonce, signs it, and commits nonce, bytes and hash together. Nothing has left this
 * process before that commit, and nothing else is ever signed for that nonce but a replacement: so a crash at any point
 * leaves either no trace, or bytes that are simply sent (again). Returns the hash.
 */
export async function signTransaction(
  context: LeasedContext,
  sweepId: Sweep['id'] | null,
  draft: Draft,
): Promise<NewAttempt['hash']> {
  const { chainId, name: chain } = context.config
  const { purpose, signer } = draft
  const sender = signer.address
  const nonce = await nextNonce(context, sender)
  const attempt = await sign(context, nonce, draft, purpose === 'cancel')
  const authorized = (draft.authorizations ?? []).map(({ sender: by, authorization }) => ({
    sender: by,
    nonce: authorization.nonce,
  }))
  await commit(context, 'sweep.sign', (tx) =>
    insertTransaction(tx, { sweepId, chainId, sender, nonce, purpose, attempt, authorized }),
  )
  context.log.info({ chain, sweep_id: sweepId, tx_hash: attempt.hash, sender, nonce, purpose }, 'sweep.signed')
  return attempt.hash
}

/** Signs anew for a nonce that is given already. Both may be sent, one of them will be mined. */
export async function signReplacement(
  context: LeasedContext,
  transaction: SweepTransaction,
  draft: Draft,
  cancels: boolean,
): Promise<void> {
  const { chainId } = context.config
  const attempt = await sign(context, transaction.nonce, draft, cancels)
  await commit(context, 'sweep.replace', (tx) => insertAttempt(tx, chainId, transaction.id, attempt))
}

/** The last guard: whoever drafted has kept to the limits, and nothing above the gas ceiling is signed whatever they have done. */
async function sign({ config }: LeasedContext, nonce: number, draft: Draft, cancels: boolean): Promise<NewAttempt> {
  const { chainId, sweep } = config
  assert(feeCap(draft.fees) <= sweep.maxGasPriceWei, 'nothing above the gas ceiling is signed')
  const { signer, to, value, data, gasLimit, fees, takes } = draft
  const authorizations = draft.authorizations?.map(({ authorization }) => authorization) ?? []
  const { raw, hash } = await signer.signTransaction({
    chainId,
    nonce,
    to,
    value,
    data,
    gasLimit,
    fees,
    // An empty list would still make it of type 4, which the chain refuses.
    ...(authorizations.length > 0 ? { authorizations } : {}),
  })
  return { hash, raw, maxFeePerGas: feeCap(fees), maxPriorityFeePerGas: tipOf(fees), takes, cancels }
}
