import type { PaymentSweepRow } from '@ctrip/db/payments/payment-timeline'
import type { PaymentWaits } from '@ctrip/db/payments/payment-waits'
import type { PaymentSubject } from '@ctrip/db/payments/payments'
import { toChecksum } from '@ctrip/domain/address'
import { amount, formatUnits } from '@ctrip/domain/amount'
import type { ChainStanding } from '@ctrip/domain/chain-standing'
import { type ConfirmationPolicy, confirmationsAt } from '@ctrip/domain/confirmations'
import type { Payment } from '@ctrip/domain/payment/payment'
import { amountEnough, counts } from '@ctrip/domain/payment/received'
import { renderPayment } from '@ctrip/domain/payment/view'
import type { WaitReason } from '@ctrip/domain/sweep/policy'

export interface Situation {
  readonly subject: PaymentSubject
  readonly waits: PaymentWaits
  /** The newest sweep that has the payment's money in it. */
  readonly sweep: PaymentSweepRow | null
  /** The standing of the payment's chain. */
  readonly standing: Pick<ChainStanding, 'stalled' | 'catchingUp' | 'headBlock' | 'lagBlocks'>
  /** The chain's policy; null for a chain that is no longer configured. */
  readonly confirmations: ConfirmationPolicy | null
  /** The chain's native coin; null for a chain that is no longer configured. */
  readonly native: { readonly symbol: string; readonly decimals: number } | null
  readonly now: Date
}

/** What a payment waits for, in words, with what is missing; null when nothing more is to come. */
export function waitingFor(situation: Situation): string | null {
  const { payment } = situation.subject
  switch (payment.status) {
    case 'pending':
      return (
        halted(situation) ?? stalled(situation) ?? `${canceling(situation) ?? money(situation)}${catchingUp(situation)}`
      )
    case 'partially_paid':
      return halted(situation) ?? stalled(situation) ?? `${money(situation)}${catchingUp(situation)}`
    case 'detected':
      return halted(situation) ?? stalled(situation) ?? `${confirmation(situation)}${catchingUp(situation)}`
    case 'confirmed':
      return halted(situation) ?? collection(situation)
    case 'expired':
    case 'canceled':
      return acceptance(situation) ?? retry(situation)
    case 'settled':
      return retry(situation)
  }
}

function halted({ subject, waits }: Situation): string | null {
  return waits.haltedReason === null ? null : `an operator to resume ${subject.payment.chain}: ${waits.haltedReason}`
}

function canceling({ subject: { payment } }: Situation): string | null {
  const { cancelRequestedAt: at, chain } = payment
  if (at === null || at > payment.expiresAt) return null
  return `${chain} to be scanned past its cancellation at ${clock(at)}: what came by then still counts`
}

function stalled({ subject, standing }: Situation): string | null {
  if (standing.stalled === null) return null
  const { since, reason } = standing.stalled
  return `the chain ${subject.payment.chain} cannot be read since ${clock(since)}: ${reason}`
}

/** So that nobody takes a payment that has not been looked for yet for one that was not made. */
function catchingUp({ subject, standing: { catchingUp: isBehind, headBlock, lagBlocks } }: Situation): string {
  if (!isBehind || headBlock === null || lagBlocks === null) return ''
  return `; ${subject.payment.chain} is scanned up to block ${headBlock - lagBlocks} of ${headBlock}`
}

function money(situation: Situation): string {
  return `${whatIsMissing(situation)}${unknownTransfers(situation)}`
}

/** Native coin may have come from a contract, in a block whose traces are owed. */
function unknownTransfers({ subject, waits }: Situation): string {
  if (waits.traceDebts === 0 || subject.payment.asset.contract !== null) return ''
  const blocks = waits.traceDebts === 1 ? '1 block' : `${waits.traceDebts} blocks`
  return `; the internal transfers of ${blocks} are still unknown`
}

function whatIsMissing({ subject, now }: Situation): string {
  const { payment } = subject
  if (now.getTime() > payment.expiresAt.getTime())
    return `${payment.chain} to be scanned past its expiry at ${clock(payment.expiresAt)}`
  const until = `until ${clock(payment.expiresAt)}`
  if (payment.status === 'pending') return `payment of ${units(payment, payment.amount)} ${until}`
  const missing = amount(amountEnough(payment) - payment.amountReceived)
  return `the remaining ${units(payment, missing)} of ${units(payment, payment.amount)} ${until}`
}

function confirmation({ subject, confirmations }: Situation): string {
  const { payment, transfers, chain } = subject
  if (payment.confirmationsRequired === null) {
    const tag = confirmations?.kind === 'tag' ? confirmations.tag : 'final'
    return `its block to become ${tag}`
  }
  const counted = renderPayment(payment, transfers, chain.headNumber).confirmations
  const reached = Math.min(counted, payment.confirmationsRequired)
  const missing = `${reached} of ${payment.confirmationsRequired} confirmations`
  // Deep enough, and still not confirmed: the providers are being asked whether they agree on the block.
  return reached === payment.confirmationsRequired ? `${missing}; providers to agree on the block` : missing
}

function collection(situation: Situation): string {
  const { sweep, waits } = situation
  if (sweep?.status === 'planned') return signing(situation) ?? 'its sweep to be sent'
  if (sweep?.status === 'broadcast') {
    return (
      (sweep.blockNumber === null ? signing(situation) : null) ?? stalled(situation) ?? sweepProgress(situation, sweep)
    )
  }
  if (sweep?.status === 'confirmed' && waits.collection === null)
    return stalled(situation) ?? 'all of its transfers and sweeps to be confirmed'
  if (waits.collection === null) return 'to be swept into the treasury'
  const reason = words(situation, waits.collection.reason)
  const { retryAt } = waits.collection
  return retryAt === null ? reason : `${reason}; looked at again at ${clock(retryAt)}`
}

/** The reason why the sweep's next transaction is not signed; null if there is none. */
function signing(situation: Situation): string | null {
  const { collection: wait, sweepReason } = situation.waits
  if (wait?.reason === 'paused') return words(situation, 'paused')
  return sweepReason === null ? null : words(situation, sweepReason)
}

function words({ subject: { payment }, waits: { gasWallet }, native }: Situation, reason: string): string {
  if (reason === 'gas_wallet_low' && gasWallet !== null && native !== null) {
    const missing = `${formatUnits(gasWallet.missing, native.decimals)} ${native.symbol}`
    return `the gas wallet ${toChecksum(gasWallet.address)} of ${payment.chain} lacks ${missing}`
  }
  return WAIT_WORDS[reason] ?? reason
}

function sweepProgress({ subject }: Situation, { blockNumber }: PaymentSweepRow): string {
  if (blockNumber === null) return 'its sweep to be mined'
  const reached = confirmationsAt(subject.chain.headNumber, blockNumber)
  const required = subject.payment.confirmationsRequired
  return required === null
    ? 'its sweep to be confirmed'
    : `its sweep: ${Math.min(reached, required)} of ${required} confirmations`
}

/** Money at a closed payment waits for its merchant's decision. */
function acceptance({ subject: { payment, transfers } }: Situation): string | null {
  const hasMoney = transfers.some((transfer) => counts(payment, transfer))
  return hasMoney && payment.amountAccepted === null
    ? `the merchant to accept the ${units(payment, payment.amountReceived)} received, or to refund it`
    : null
}

function retry({ waits }: Situation): string | null {
  if (waits.retry === null) return null
  const { eventType, dueAt, attempts } = waits.retry
  return `webhook ${eventType}: attempt ${attempts + 1} at ${clock(dueAt)}`
}

/** The sweeper's reasons that a person can do with; any other is shown as it is. */
const WAIT_WORDS: Readonly<Record<string, string>> = {
  paused: 'an operator to resume sweeping on this chain',
  below_min_sweep: 'more money at its address: it is below the least worth sweeping',
  fee_too_high: 'cheaper gas: sweeping would cost too much of the amount',
  gas_price_too_high: 'the gas price to fall below the ceiling',
  nothing_there: 'an operator: the money is not at its address',
  less_than_recorded: 'the chain to show all that has arrived at its address: a node shows less',
  balance_unreadable: 'the token to tell what its address holds, which it does not',
  not_answered: 'a provider that answers what must be asked of its address',
  transfer_refused: 'the token to allow the transfer, which it refused',
  partly_moved: 'the rest of the money to be swept: the token moved a part of it',
  nothing_arrived: 'an operator: the money left its address and never reached the treasury',
  nothing_moved: 'the token to move the money, which it announced and did not do',
  gas_too_high: 'an operator: the token asks for more gas than a transfer may cost',
  failed_too_often: 'an operator: its sweep was mined several times and brought nothing',
  gas_wallet_low: 'the gas wallet to be filled up',
  fees_unknown: 'a provider to say what gas costs: none does',
  transaction_limit_reached: 'cheaper gas: its transaction would cost more than any may',
  refused_by_nodes: 'an operator: no node takes its transaction',
  refused_by_signer: 'an operator: the policy of the signer forbids its transaction',
  daily_limit_reached: 'tomorrow: the daily limit for sweeping is reached',
  treasury_changed: 'the next round: it was planned for a treasury that is no longer configured',
  asset_not_configured: 'an operator: the asset is no longer configured',
  address_mismatch: 'an operator: the address is not of our wallet',
} satisfies Partial<Record<WaitReason | 'paused', string>>

function units(payment: Payment, value: Payment['amount']): string {
  return `${formatUnits(value, payment.asset.decimals)} ${payment.asset.symbol}`
}

function clock(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
