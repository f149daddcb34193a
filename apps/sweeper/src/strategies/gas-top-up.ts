import { feeCap } from '@ctrip/chain/transactions/fees'
import type { Address } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import { gasWalletFees } from '../chain/fees'
import { limitFees } from '../context/limit-fees'
import { knownMarket, type Round } from '../context/round'
import type { Step } from './strategy'

export const TOP_UP_GAS = 21_000n
/** An address that has delegated needs some more to receive: 21,067, by our delegate. What is not used is not paid. */
const GAS_LIMIT = 30_000n
export const TOP_UP_BYTES = 130

/** The limit of the sweep's total cost (null = none) and its cost so far, in wei. */
export interface TopUpTerms {
  readonly feeMaxWei: bigint | null
  readonly spentWei: bigint
}

/**
 * Gives an address what it lacks for gas, where the gas wallet has that much and no limit is broken. One transaction for each address: a
 * contract that pays out costs 36,700 gas for an address that is still empty (EIP-161), a plain transfer 21,000.
 */
export async function draftTopUp(
  round: Round,
  to: Address,
  missingWei: bigint,
  { feeMaxWei, spentWei }: TopUpTerms,
): Promise<Exclude<Step, { readonly kind: 'give_up' }>> {
  const dataFeeWei = await round.chain.dataFee(TOP_UP_BYTES, GAS_LIMIT)
  const cost = { gasLimit: GAS_LIMIT, gasExpected: TOP_UP_GAS, dataFeeWei, otherWei: spentWei + missingWei }
  const offer = await limitFees(round, gasWalletFees(await knownMarket(round)), cost, feeMaxWei)
  if (offer.kind === 'wait') return offer
  const { fees } = offer
  const { maxFeePerTransaction } = round.config.sweep
  if (maxFeePerTransaction !== null && missingWei + GAS_LIMIT * feeCap(fees) > maxFeePerTransaction)
    return { kind: 'wait', reason: 'transaction_limit_reached' }
  const budget = await round.gasBudget()
  if (!budget.take(missingWei + GAS_LIMIT * feeCap(fees) + dataFeeWei))
    return { kind: 'wait', reason: 'gas_wallet_low' }
  const draft = {
    signer: round.keys.gasWallet,
    to,
    value: amount(missingWei),
    data: '0x',
    gasLimit: GAS_LIMIT,
  } as const
  return { kind: 'sign', draft: { ...draft, purpose: 'top_up', fees, takes: null } }
}
