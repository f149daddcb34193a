import { shortfallOf } from '@ctrip/chain/transactions/broadcast'
import { type Fees, feeCap, tipOf } from '@ctrip/chain/transactions/fees'
import { skippedNonce } from '@ctrip/db/sweeps/authorizations'
import { amount, ZERO } from '@ctrip/domain/amount'
import { depositSigner } from '../context/deposit-signer'
import { feeMaxOf } from '../context/limit-fees'
import { feeMax, type Round } from '../context/round'
import { draftTopUp, type TopUpTerms } from '../strategies/gas-top-up'
import { reprice } from '../strategies/reprice'
import type { Draft, Redraft } from '../strategies/strategy'
import { strategyNamed } from '../strategies/strategy-named'
import { topUpNeeded } from '../strategies/token-top-up'
import { historyBeside } from './replacement-fees'
import { signForSweep, signReplacement } from './sign-transaction'
import type { Answered, Waiting } from './waiting'

const CANCEL_GAS = 21_000n
const AUTHORIZATION_GAS = 25_000n
const CANCEL_BYTES = 130
const NO_LIMIT: TopUpTerms = { feeMaxWei: null, spentWei: 0n }

/** Signs the same purpose at these fees. */
export async function signAgain(round: Round, waiting: Waiting, fees: Fees): Promise<Answered> {
  return settleRedraft(round, waiting, fees, await redraft(round, waiting, fees, 0n))
}

/**
 * Signs what its sender can pay for by what it has and what it costs now. Where our own figures say that it could be paid for as it was,
 * the nodes' figure for what is missing is believed: a charge of the chain that we do not know of.
 */
export async function signRecosted(round: Round, waiting: Waiting, fees: Fees): Promise<Answered> {
  const { signed, sent } = waiting
  const own = await redraft(round, waiting, fees, 0n)
  const saves = own.kind !== 'replace' || costOf(own.draft) < costOf(signed)
  if (saves) return settleRedraft(round, waiting, fees, own)
  const shortfall = sent === null ? 0n : shortfallOf(sent.broadcast)
  if (shortfall === 0n) return 'refused_by_nodes'
  const shortfallWei = costOf(own.draft) - costOf(signed) + shortfall
  const told = await redraft(round, waiting, fees, shortfallWei)
  const isLess = told.kind === 'replace' && costOf(told.draft) < costOf(signed)
  return isLess ? settleRedraft(round, waiting, fees, told) : 'refused_by_nodes'
}

/** The most that a transaction takes from its sender. */
function costOf(transaction: Pick<Draft, 'value' | 'gasLimit' | 'fees'>): bigint {
  return transaction.value + feeMax(transaction)
}

async function redraft(round: Round, waiting: Waiting, fees: Fees, shortfallWei: bigint): Promise<Redraft> {
  const { sweep, transaction } = waiting
  if (sweep === null || transaction.purpose !== 'collect') return redraftSupport(round, waiting, fees)
  return strategyNamed(sweep.strategy).redraft(round, sweep, transaction, { fees, shortfallWei })
}

/** Top-ups and deployments: others of the gas wallet wait for them, whatever happened to the sweep that they support. */
async function redraftSupport(round: Round, { sweep, transaction }: Waiting, fees: Fees): Promise<Redraft> {
  if (transaction.sender !== round.keys.gasWallet.address) return { kind: 'wait', reason: null }
  // Signed when gas was cheaper, it would hand over too little, and another would have to follow it.
  const isForToken = sweep?.strategy === 'token_top_up' && transaction.purpose === 'top_up'
  const needed = isForToken ? await topUpNeeded(round, sweep) : null
  return reprice(round, transaction, fees, needed ?? undefined)
}

async function settleRedraft(round: Round, waiting: Waiting, fees: Fees, given: Redraft): Promise<Answered> {
  switch (given.kind) {
    case 'replace':
      return signDraft(round, waiting, given.draft, false)
    case 'support':
      return support(round, waiting, given.missingWei, await limitsOf(round, waiting))
    case 'cancel':
      return cancel(round, waiting, fees)
    case 'wait':
      return given.reason
  }
}

async function signDraft(
  round: Round,
  { transaction, signed, newest }: Waiting,
  draft: Draft,
  cancels: boolean,
): Promise<Answered> {
  const isSame =
    draft.value === signed.value &&
    feeCap(draft.fees) === feeCap(signed.fees) &&
    tipOf(draft.fees) === tipOf(signed.fees)
  // The very same bytes: what its sender lacks must come first.
  if (isSame && draft.gasLimit === signed.gasLimit && cancels === newest.cancels) return 'refused_by_nodes'
  if (!(await round.allowance()).take(feeMax(draft) - feeMax(signed))) return 'daily_limit_reached'
  await signReplacement(round, transaction, draft, cancels)
  return 'signed'
}

async function limitsOf(round: Round, { sweep, transaction }: Waiting): Promise<TopUpTerms> {
  if (sweep === null) return NO_LIMIT
  const { spentWei, handedOverWei } = await historyBeside(round, sweep, transaction)
  return { feeMaxWei: feeMaxOf(round, sweep), spentWei: spentWei + handedOverWei }
}

/** Once: what is on its way is waited for. A no-op has no limit of its money: it is for the account's line. */
async function support(round: Round, waiting: Waiting, wei: bigint, limits: TopUpTerms): Promise<Answered> {
  const { sweep, transaction, isSupported } = waiting
  if (isSupported || sweep === null) return null
  const step = await draftTopUp(round, transaction.sender, wei, limits)
  if (step.kind === 'wait') return step.reason
  if (!(await round.allowance()).take(feeMax(step.draft))) return 'daily_limit_reached'
  await signForSweep(round, sweep, step.draft)
  return 'signed'
}

/** A reorg deeper than the confirmations can leave a nonce unused that an authorization had used: a no-op uses it. */
export async function fillGap(round: Round, { sweep, transaction }: Waiting, fees: Fees): Promise<Answered> {
  const { config, db, log } = round
  if (sweep === null || (await skippedNonce(db.prisma, config.chainId, transaction.sender)) === null) return null
  const item = sweep.items.find(({ address }) => address === transaction.sender)
  const signer = item === undefined ? null : await depositSigner(round, item)
  if (signer === null) return null
  const noop = { to: signer.address, value: ZERO, data: '0x' as const, gasLimit: CANCEL_GAS, takes: null }
  await signForSweep(round, sweep, { ...noop, purpose: 'cancel', signer, fees })
  log.warn({ chain: config.name, sweep_id: sweep.id, sender: signer.address }, 'sweep.gap_filled')
  return 'signed'
}

/** Uses the nonce up with a no-op. Authorizations are kept: they are known to the world by now, and their nonces are given out. */
export async function cancel(round: Round, waiting: Waiting, fees: Fees): Promise<Answered> {
  const { sweep, transaction, signed } = waiting
  const item = sweep?.items.find(({ address }) => address === transaction.sender)
  const signer = item === undefined ? round.keys.gasWallet : await depositSigner(round, item)
  if (signer === null || signer.address !== transaction.sender) return null
  const { authorizations } = signed
  const gasLimit = CANCEL_GAS + AUTHORIZATION_GAS * BigInt(authorizations.length)
  if (item !== undefined) {
    const needed = amount(gasLimit * feeCap(fees) + (await round.chain.dataFee(CANCEL_BYTES, gasLimit)))
    const missingWei = needed - (await round.chain.balance(item.address))
    if (missingWei > 0n) return support(round, waiting, missingWei, NO_LIMIT)
  }
  const noop = { to: signer.address, value: ZERO, data: '0x' as const, gasLimit, takes: null, authorizations }
  return signDraft(round, waiting, { ...noop, purpose: transaction.purpose, signer, fees }, true)
}
