import { decodeTransaction } from '@ctrip/chain/transactions/decode-transaction'
import { type Fees, feeCap } from '@ctrip/chain/transactions/fees'
import type { Amount } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import type { SweepTransaction } from '@ctrip/domain/sweep/sweep'
import type { Round } from '../context/round'
import type { Redraft } from './strategy'

/**
 * The same transaction of the gas wallet at other fees, or with another value, where its budget has what that costs more.
 * Authorizations stay: they are for the same nonces, and take effect with whichever is mined.
 */
export async function reprice(
  round: Round,
  transaction: SweepTransaction,
  fees: Fees,
  newValue?: Amount,
): Promise<Extract<Redraft, { readonly kind: 'replace' | 'wait' }>> {
  const signer = round.keys.gasWallet
  const [newest] = transaction.attempts
  assert(newest !== undefined && transaction.sender === signer.address, 'the gas wallet signed it')
  const { to, value: before, data, gasLimit, fees: previous, authorizations } = decodeTransaction(newest.raw)
  const value = newValue ?? before
  const budget = await round.gasBudget()
  const more = gasLimit * (feeCap(fees) - feeCap(previous)) + value - before
  if (!budget.take(more)) return { kind: 'wait', reason: 'gas_wallet_low' }
  const draft = { purpose: transaction.purpose, signer, to, value, data, gasLimit, fees, takes: null, authorizations }
  return { kind: 'replace', draft }
}
