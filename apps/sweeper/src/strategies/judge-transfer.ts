import type { Address } from '@ctrip/domain/address'
import { type Amount, ZERO } from '@ctrip/domain/amount'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Trial } from '../chain/chain-access'
import type { Inquiry } from '../context/round'

/** No honest token comes near; a greedy one shall not burn the gas wallet's money. */
const TRANSFER_GAS_MAX = 400_000n

export type Judgement =
  | (Extract<Trial, { readonly kind: 'works' }> & { readonly balance: Amount })
  | { readonly kind: 'impossible'; readonly reason: WaitReason; readonly why: string }

/** Whether all that an address holds of a token can be moved to the treasury now, and for how much gas. */
export async function judgeTransfer(
  { chain }: Pick<Inquiry, 'chain'>,
  contract: Address,
  holder: Address,
  treasury: Address,
): Promise<Judgement> {
  const balance = await chain.tokenBalance(contract, holder)
  if (balance === null) return impossible('balance_unreadable', 'balanceOf does not answer')
  if (balance === ZERO) return impossible('nothing_there', '')
  const trial = await chain.tryTokenTransfer(contract, holder, treasury, balance)
  if (trial.kind === 'refused') return impossible('transfer_refused', trial.why)
  if (trial.gas > TRANSFER_GAS_MAX) return impossible('gas_too_high', `${trial.gas} gas`)
  return { ...trial, balance }
}

function impossible(reason: WaitReason, why: string): Judgement {
  return { kind: 'impossible', reason, why }
}
