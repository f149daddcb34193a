import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
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
export function renderPlan({ proposals, waits }: Plan, unsigned: Unsigned) {
  const { address, balance, missing } = unsigned.gasWallet
  return {
    gas_wallet: { address, balance_wei: balance.toString(), missing_wei: missing.toString() },
    unsigned: [...unsigned.waits].map(([id, reason]) => ({ sweep_id: id, reason })),
    sweeps: proposals.map(renderProposal),
    waiting: waits.map(({ money, reason }) => ({
      payment_id: money.paymentId,
      address: money.address,
      asset: money.asset,
      amount: money.amount.toString(),
      reason,
    })),
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
