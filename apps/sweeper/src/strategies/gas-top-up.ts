import { feeCap } from '@ctrip/chain/transactions/fees'
import type { Address } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import { gasWalletFees } from '../chain/fees'
import type { Round } from '../context/round'
import type { Draft } from './strategy'

export const TOP_UP_GAS = 21_000n
/** An address that has delegated needs some more to receive: 21,067, by our delegate. What is not used is not paid. */
const GAS_LIMIT = 30_000n
const RAW_BYTES = 130

/** Gives an address what it lacks for gas; null where the gas wallet does not have that much to give. */
export async function draftTopUp(round: Round, to: Address, missingWei: bigint): Promise<Draft | null> {
  const fees = gasWalletFees(await round.market())
  const budget = await round.gasBudget()
  const fee = GAS_LIMIT * feeCap(fees) + (await round.chain.dataFee(RAW_BYTES))
  if (!budget.take(missingWei + fee)) {
    round.log.warn({ chain: round.config.name, needed_wei: missingWei }, 'sweep.gas_wallet_low')
    return null
  }
  const signer = round.keys.gasWallet
  const value = amount(missingWei)
  return { purpose: 'top_up', signer, to, value, data: '0x', gasLimit: GAS_LIMIT, fees, takes: null }
}
