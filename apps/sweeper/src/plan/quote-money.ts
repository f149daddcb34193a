import type { Collectable } from '@ctrip/db/sweeps/collectable'
import { MINED_FAILURES_MAX, type WaitReason, worthCollecting } from '@ctrip/domain/sweep/policy'
import { assetRules } from '../context/asset-rules'
import { depositSigner } from '../context/deposit-signer'
import type { Inquiry } from '../context/round'
import { quoteNative } from '../strategies/native'
import type { Cost } from '../strategies/strategy'
import { quoteToken } from '../strategies/token-top-up'

/** Money that could be collected, and what that would cost on its own. */
export interface QuotedMoney extends Cost {
  readonly kind: 'quoted'
  readonly money: Collectable
}

export interface WaitingMoney {
  readonly kind: 'wait'
  readonly money: Collectable
  readonly reason: WaitReason
  /** How often in a row it has failed; 0 where it only is not worth it now. */
  readonly failures: number
  /** The chain's response; empty where the reason says it all. */
  readonly why: string
}

/** What collecting this costs, or why it waits. Asks the chain; signs and sends nothing. */
export async function quoteMoney(round: Inquiry, money: Collectable): Promise<QuotedMoney | WaitingMoney> {
  const { failures, minedFailures } = money.setbacks
  const wait = (reason: WaitReason, count: number, why = ''): WaitingMoney => {
    return { kind: 'wait', money, reason, failures: count, why }
  }
  const rules = assetRules(round.config, money.asset)
  if (rules === null) return wait('asset_not_configured', 0)
  if ((await depositSigner(round, money)) === null) return wait('address_mismatch', failures + 1)
  if (minedFailures >= MINED_FAILURES_MAX) return wait('failed_too_often', failures)
  if (money.amount < rules.minSweep) return wait('below_min_sweep', 0)
  if ((await round.market()).kind === 'unknown') return wait('fees_unknown', 0)
  const { contract } = money.asset
  const quote =
    contract === null
      ? await quoteNative(round, money.address, money.amount)
      : await quoteToken(round, contract, money.address, { planned: money.amount, setbacks: money.setbacks })
  if (quote.kind === 'cost') return { ...quote, kind: 'quoted', money }
  const { reason, why } = quote
  return wait(reason, reason === 'fee_too_high' ? 0 : failures + 1, why)
}

/** Whether it is worth its share of what the chosen strategy costs, and of what earlier tries cost in vain. */
export function judgeWorth(round: Inquiry, quoted: QuotedMoney, feeWei: bigint): QuotedMoney | WaitingMoney {
  const { money, gasPriceWei, held } = quoted
  const asset = assetRules(round.config, money.asset)
  const wait = (reason: WaitReason): WaitingMoney => ({ kind: 'wait', money, reason, failures: 0, why: '' })
  if (asset === null) return wait('asset_not_configured')
  // The rest of a transfer that moved only a part is worth no more than itself.
  const isPart = held < money.amount
  const amount = isPart ? held : money.amount
  const cost = { gasPriceWei, feeWei: feeWei + money.setbacks.feesSpent }
  const worth = worthCollecting({ amount, asset }, cost, round.config.sweep)
  return worth.worth ? quoted : wait(worth.reason)
}
