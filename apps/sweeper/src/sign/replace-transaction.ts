import { type DecodedTransaction, decodeTransaction } from '@ctrip/chain/transactions/decode-transaction'
import { bumpFees, type Fees, feeCap } from '@ctrip/chain/transactions/fees'
import { skippedNonce } from '@ctrip/db/sweeps/authorizations'
import type { Address } from '@ctrip/domain/address'
import { type Amount, sum, ZERO } from '@ctrip/domain/amount'
import { feeCeiling } from '@ctrip/domain/sweep/policy'
import { isOverdue, maySignAgain } from '@ctrip/domain/sweep/replacement'
import type { Attempt, Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { depositFees, gasWalletFees } from '../chain/fees'
import { assetRules } from '../context/asset-rules'
import { depositSigner } from '../context/deposit-signer'
import { isolate } from '../context/isolate'
import type { Round, Sent } from '../context/round'
import type { Memory } from '../context/round-memory'
import { replacements } from '../metrics'
import { draftTopUp } from '../strategies/gas-top-up'
import { reprice } from '../strategies/reprice'
import { strategyNamed } from '../strategies/strategy-named'
import { signForSweep, signReplacement } from './sign-transaction'

const CANCEL_GAS = 21_000n
const AUTHORIZATION_GAS = 25_000n
const CANCEL_BYTES = 130

/** A transaction that waits at the front of its account's line. */
interface Waiting {
  /** Null where none needs it any more, or ever did: its nonce must be used still. */
  readonly sweep: Sweep | null
  readonly transaction: SweepTransaction
  readonly newest: Attempt
  readonly signed: DecodedTransaction
  /** What its sender lacks is on its way. */
  readonly isSupported: boolean
}

type Reason = 'overdue' | 'underpriced' | 'insufficientFunds' | 'rejected'

/**
 * Signs anew what has waited too long, or what no node will take as it is: an eighth more on both fees, for the same
 * nonce, so that only one of them is ever mined. What breaks a rule of the chain, or was to take what a reorg took for good,
 * gives way to a no-op: the nonce must be used, or nothing after it is ever mined. Only the lowest waiting nonce of an
 * account: those after it wait for it.
 */
export async function replaceOverdue(
  round: Round,
  sweeps: readonly Sweep[],
  unmined: readonly SweepTransaction[],
  sent: readonly Sent[],
  memory: Memory,
): Promise<number> {
  let replaced = 0
  for (const [transaction] of Map.groupBy(unmined, ({ sender }) => sender).values()) {
    const sweep = sweeps.find(({ id }) => id === transaction?.sweepId) ?? null
    const newest = transaction?.attempts[0]
    if (transaction === undefined || newest === undefined) continue
    const reason = reasonFor(round, newest, sent, memory)
    if (reason === null) continue
    const { sweepId } = transaction
    const isSupported = unmined.some((other) => other.sweepId === sweepId && other.purpose === 'top_up')
    const waiting = { sweep, transaction, newest, signed: decodeTransaction(newest.raw), isSupported }
    const done = await isolate(round, { sweep_id: sweepId }, () => replace(round, waiting, reason))
    if (done !== true) continue
    memory.endRest(newest.hash)
    replaced++
  }
  return replaced
}

function reasonFor(round: Round, newest: Attempt, sent: readonly Sent[], memory: Memory): Reason | null {
  const { config } = round
  const now = round.now()
  const outcome = sent.find(({ attempt }) => attempt.hash === newest.hash)?.broadcast.outcome
  const refused = outcome === 'underpriced' || outcome === 'insufficientFunds' || outcome === 'rejected'
  // One answer to refusals a block: the next block may bring what was missing.
  if (refused && maySignAgain(newest.signedAt, now, config.blockTimeMs)) return outcome
  if (memory.isResting(newest.hash)) return null
  return isOverdue(newest.signedAt, now, config.blockTimeMs) ? 'overdue' : null
}

async function replace(round: Round, waiting: Waiting, reason: Reason): Promise<boolean> {
  const { transaction, newest } = waiting
  const { sweepId, nonce } = transaction
  const { chain, config, log } = round
  const fees = await raisedFees(round, waiting)
  if (!isAffordable(round, waiting, fees)) {
    log.warn({ chain: config.name, sweep_id: sweepId, tx_hash: newest.hash, reason }, 'sweep.price_ceiling')
    return false
  }
  const used = await chain.nonce(transaction.sender)
  // Mined a moment ago, perhaps: then there is nothing to replace.
  if (used > nonce) return false
  // No price helps what waits for another nonce.
  if (used < nonce) return fillGap(round, waiting, fees)
  const signed =
    reason === 'rejected' || newest.cancels ? await cancel(round, waiting, fees) : await raise(round, waiting, fees)
  if (!signed) return false
  replacements.inc({ chain: config.name })
  log.info({ chain: config.name, sweep_id: sweepId, nonce, reason }, 'sweep.replaced')
  return true
}

async function raise(round: Round, waiting: Waiting, fees: Fees): Promise<boolean> {
  const { sweep, transaction } = waiting
  if (sweep === null || transaction.purpose !== 'collect') return raiseSupport(round, transaction, fees)
  const redraft = await strategyNamed(sweep.strategy).redraft(round, sweep, transaction, fees)
  switch (redraft.kind) {
    case 'replace':
      await signReplacement(round, transaction, redraft.draft, false)
      return true
    case 'support':
      return support(round, waiting, redraft.missingWei)
    case 'cancel':
      return cancel(round, waiting, fees)
    case 'wait':
      return false
  }
}

/** Top-ups and deployments: others of the gas wallet wait for them, whatever has become of what they were for. */
async function raiseSupport(round: Round, transaction: SweepTransaction, fees: Fees): Promise<boolean> {
  const draft = transaction.sender === round.keys.gasWallet.address ? await reprice(round, transaction, fees) : null
  if (draft === null) return false
  await signReplacement(round, transaction, draft, false)
  return true
}

/** Once: what is on its way is waited for. */
async function support(round: Round, { sweep, transaction, isSupported }: Waiting, wei: bigint): Promise<boolean> {
  const draft = isSupported ? null : await draftTopUp(round, transaction.sender, wei)
  if (draft === null || sweep === null) return false
  await signForSweep(round, sweep, draft)
  return true
}

/** A reorg deeper than the confirmations can leave a nonce unused that an authorization had used: a no-op uses it. */
async function fillGap(round: Round, { sweep, transaction }: Waiting, fees: Fees): Promise<boolean> {
  const { config, db, log } = round
  if (sweep === null || (await skippedNonce(db.prisma, config.chainId, transaction.sender)) === null) return false
  const item = sweep.items.find(({ address }) => address === transaction.sender)
  const signer = item === undefined ? null : depositSigner(round, item)
  if (signer === null) return false
  const noop = { to: signer.address, value: ZERO, data: '0x' as const, gasLimit: CANCEL_GAS, takes: null }
  await signForSweep(round, sweep, { ...noop, purpose: 'cancel', signer, fees })
  log.warn({ chain: config.name, sweep_id: sweep.id, sender: signer.address }, 'sweep.gap_filled')
  return true
}

/** Authorizations are kept: they are known to the world by now, and their nonces are given out. */
async function cancel(round: Round, waiting: Waiting, fees: Fees): Promise<boolean> {
  const { sweep, transaction, signed } = waiting
  const item = sweep?.items.find(({ address }) => address === transaction.sender)
  const signer = item === undefined ? round.keys.gasWallet : depositSigner(round, item)
  if (signer === null || signer.address !== transaction.sender) return false
  const { authorizations } = signed
  const gasLimit = CANCEL_GAS + AUTHORIZATION_GAS * BigInt(authorizations.length)
  const missingWei = item === undefined ? 0n : await missingAt(round, item.address, gasLimit * feeCap(fees))
  if (missingWei > 0n) return support(round, waiting, missingWei)
  const noop = { to: signer.address, value: ZERO, data: '0x' as const, gasLimit, takes: null, authorizations }
  await signReplacement(round, transaction, { ...noop, purpose: transaction.purpose, signer, fees }, true)
  return true
}

/** What a deposit address lacks to pay for a no-op; not above 0 where it can. */
async function missingAt({ chain }: Round, address: Address, feeWei: bigint): Promise<bigint> {
  return feeWei + (await chain.dataFee(CANCEL_BYTES)) - (await chain.balance(address))
}

async function raisedFees(round: Round, { transaction, signed }: Waiting): Promise<Fees> {
  const market = await round.market()
  const asked = transaction.sender === round.keys.gasWallet.address ? gasWalletFees(market) : depositFees(market)
  return bumpFees(signed.fees, asked)
}

/** Below the gas ceiling, and where the money's price is known, not above its share of it. */
function isAffordable({ config }: Round, { sweep, signed }: Waiting, fees: Fees): boolean {
  const { maxGasPriceWei, maxFeePerTransaction } = config.sweep
  const fee = signed.gasLimit * feeCap(fees)
  if (feeCap(fees) > maxGasPriceWei || (maxFeePerTransaction !== null && fee > maxFeePerTransaction)) return false
  if (sweep === null) return true
  const asset = assetRules(config, sweep.asset)
  const amount: Amount = sum(sweep.items.map((item) => item.amountPlanned))
  const ceiling = asset === null ? null : feeCeiling({ amount, asset }, config.sweep)
  return ceiling === null || fee <= ceiling
}
