import type { WaitingMoney as NotDue } from '@ctrip/db/sweeps/collection-waits'
import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import { waitMs } from '@ctrip/domain/sweep/policy'
import type { WaitReasons } from '../context/tell-waits'
import type { Proposal } from '../plan/choose-strategies'
import type { Plan } from '../plan/plan-sweeps'
import type { ImpossibleRescue, RescueQuote } from './quote-rescue'

/** Sweeps that are planned and not signed, and the wallet that pays for them. */
export interface Unsigned {
  readonly waits: WaitReasons
  readonly gasWallet: { readonly address: Address; readonly balance: Amount; readonly missing: Amount }
}

/** A plan, as the command line reads it. Amounts are base units. */
export function renderPlan({ proposals, waits }: Plan, unsigned: Unsigned, notDue: readonly NotDue[]) {
  const { address, balance, missing } = unsigned.gasWallet
  return {
    gas_wallet: { address, balance_wei: balance.toString(), missing_wei: missing.toString() },
    unsigned: [...unsigned.waits].map(([id, reason]) => ({ sweep_id: id, reason })),
    sweeps: proposals.map(renderProposal),
    waiting: [
      ...waits.map(({ money, reason, failures }) => ({
        payment_id: money.paymentId,
        address: money.address,
        asset: money.asset,
        amount: money.amount.toString(),
        reason,
        failures,
        mined_failures: money.setbacks.minedFailures,
        retry_at: new Date(Date.now() + waitMs(reason, failures)).toISOString(),
      })),
      ...notDue.map(({ paymentId, address, asset, amount, reason, failures, minedFailures, retryAt }) => ({
        payment_id: paymentId,
        address,
        asset,
        amount: amount.toString(),
        reason,
        failures,
        mined_failures: minedFailures,
        retry_at: retryAt.toISOString(),
      })),
    ],
  }
}

/** What a rescue does; `sweeps` is null where it cannot be. */
export function renderRescue(quote: RescueQuote | ImpossibleRescue) {
  if (quote.kind === 'impossible') return { sweeps: null, reason: quote.reason }
  const { treasury, asset, facts, proposals, refused } = quote
  return { treasury, asset, calls_itself: facts, sweeps: proposals.map(renderProposal), refused }
}

function renderProposal({ strategy, parts, feeWeiEach }: Proposal) {
  return {
    strategy,
    fee_wei_each: feeWeiEach.toString(),
    items: parts.map(({ money }) => ({
      payment_id: money.paymentId,
      address: money.address,
      asset: money.asset,
      amount: money.amount.toString(),
    })),
  }
}
