import type { Address } from '@ctrip/domain/address'
import { type Amount, amount, ZERO } from '@ctrip/domain/amount'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Trial } from '../chain/chain-access'
import type { Inquiry } from '../context/round'

/** No honest token comes near; a greedy one shall not burn the gas wallet's money. */
const TRANSFER_GAS_MAX = 400_000n

export type Judgement =
  | (Extract<Trial, { readonly kind: 'works' }> & { readonly balance: Amount; readonly amount: Amount })
  | { readonly kind: 'impossible'; readonly reason: WaitReason; readonly why: string }

/** Less than counts as a part that stayed. */
const SPARED_FRACTION = 1_000_000n

/**
 * Whether all that an address holds of a token can be moved to the treasury now, and for how much gas. Where it holds less than was paid
 * (`planned`), and all of it is refused or was mined and failed (`minedFailures`, in a row), a millionth is not asked for: a token that
 * shrinks all the time (demurrage) has less when the transaction is mined than when its balance was read, and would never be swept.
 */
export async function judgeTransfer(
  { chain }: Pick<Inquiry, 'chain'>,
  contract: Address,
  holder: Address,
  treasury: Address,
  { planned, minedFailures }: { readonly planned: Amount; readonly minedFailures: number },
): Promise<Judgement> {
  const balance = await chain.tokenBalance(contract, holder)
  if (balance === null) return impossible('balance_unreadable', 'balanceOf does not answer')
  if (balance === ZERO) return impossible('nothing_there', '')
  const hasShrunk = balance < planned
  const spared = amount(balance - balance / SPARED_FRACTION)
  const all = hasShrunk && minedFailures > 0 ? null : await chain.tryTokenTransfer(contract, holder, treasury, balance)
  const isWhole = all !== null && (all.kind === 'works' || !hasShrunk)
  const trial = isWhole ? all : await chain.tryTokenTransfer(contract, holder, treasury, spared)
  if (trial.kind === 'refused') return impossible('transfer_refused', trial.why)
  if (trial.gas > TRANSFER_GAS_MAX) return impossible('gas_too_high', `${trial.gas} gas`)
  return { ...trial, balance, amount: isWhole ? balance : spared }
}

function impossible(reason: WaitReason, why: string): Judgement {
  return { kind: 'impossible', reason, why }
}
