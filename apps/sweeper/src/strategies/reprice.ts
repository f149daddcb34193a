import { decodeTransaction } from '@ctrip/chain/transactions/decode-transaction'
import { type Fees, feeCap } from '@ctrip/chain/transactions/fees'
import { assert } from '@ctrip/domain/assert'
import type { SweepTransaction } from '@ctrip/domain/sweep/sweep'
import type { Round } from '../context/round'
import type { Draft } from './strategy'

/**
 * The same transaction of the gas wallet at other fees; null where it cannot pay those. Authorizations stay: they are for
 * the same nonces, and take effect with whichever is mined.
 */
export async function reprice(round: Round, transaction: SweepTransaction, fees: Fees): Promise<Draft | null> {
  const signer = round.keys.gasWallet
  const [newest] = transaction.attempts
  assert(newest !== undefined && transaction.sender === signer.address, 'the gas wallet signed it')
  const { to, value, data, gasLimit, fees: previous, authorizations } = decodeTransaction(newest.raw)
  const budget = await round.gasBudget()
  if (!budget.take(gasLimit * (feeCap(fees) - feeCap(previous)))) return null
  return { purpose: transaction.purpose, signer, to, value, data, gasLimit, fees, takes: null, authorizations }
}
