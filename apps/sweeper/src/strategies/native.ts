import { exactFees, type Fees, feeCap } from '@ctrip/chain/transactions/fees'
import type { Address } from '@ctrip/domain/address'
import { amount, ZERO } from '@ctrip/domain/amount'
import type { SweepItem } from '@ctrip/domain/sweep/sweep'
import { depositSigner } from '../deposit-signer'
import { depositFees, expectedPrice } from '../fees'
import type { Inquiry, Round } from '../round'
import { onlyItem } from './only-item'
import type { Quote } from './quote'
import type { Draft, Step, Strategy } from './strategy'

/** Gas of a plain transfer to an account without code. Elsewhere gas is estimated, and a part of it left over. */
const PLAIN_TRANSFER_GAS = 21_000n
const RAW_BYTES = 130
const MARGIN_PERCENT = 120n

/**
 * Native coin: one plain transfer of all there is. With a tip as high as the cap, gas costs exactly the cap, so that 0 wei
 * stay behind; where the treasury is a contract, or a rollup charges for data, what was set aside in vain does.
 */
export const nativeStrategy: Strategy = {
  name: 'native',
  next,
  async redraft(round, sweep, _transaction, fees) {
    // The fee is paid from what is collected: a dearer one leaves less to send.
    const draft = await draftCollection(round, onlyItem(sweep), fees)
    return draft === null ? { kind: 'wait' } : { kind: 'replace', draft }
  },
  collected(sweep, attempt, block) {
    const item = onlyItem(sweep)
    const transaction = block.transactions.find(({ hash }) => hash === attempt.hash)
    if (transaction?.status !== 'succeeded' || transaction.to !== sweep.treasury) return []
    return [{ item, amount: transaction.value, left: attempt.takes ?? transaction.value, position: transaction.index }]
  },
}

/** What collecting native coin from an address would cost now, or why it cannot be done. */
export async function quoteNative(round: Inquiry, address: Address): Promise<Quote> {
  const trial = await round.chain.tryNativeTransfer(address, round.config.treasury)
  if (trial.kind === 'refused') return { kind: 'impossible', reason: 'transfer_refused', why: trial.why }
  const price = feeCap(depositFees(await round.market()))
  const feeWei = trial.gas * price + (await round.chain.dataFee(RAW_BYTES))
  if ((await round.chain.balance(address)) <= feeWei) return { kind: 'impossible', reason: 'nothing_there', why: '' }
  return { kind: 'cost', gas: trial.gas, feeWei, gasPriceWei: expectedPrice(await round.market()) }
}

async function next(
  round: Round,
  sweep: Parameters<Strategy['next']>[1],
  transactions: Parameters<Strategy['next']>[2],
): Promise<Step> {
  if (transactions.length > 0) return { kind: 'wait' }
  const draft = await draftCollection(round, onlyItem(sweep), depositFees(await round.market()))
  return draft === null ? { kind: 'give_up', reason: 'nothing_there' } : { kind: 'sign', draft }
}

async function draftCollection(round: Round, item: SweepItem, fees: Fees): Promise<Draft | null> {
  const signer = depositSigner(round, item)
  const trial = await round.chain.tryNativeTransfer(item.address, round.config.treasury)
  if (signer === null || trial.kind === 'refused') return null
  const gasLimit = trial.gas === PLAIN_TRANSFER_GAS ? trial.gas : (trial.gas * MARGIN_PERCENT) / 100n
  const exact = exactFees(fees)
  const balance = await round.chain.balance(item.address)
  const value = balance - gasLimit * feeCap(exact) - (await round.chain.dataFee(RAW_BYTES))
  if (value <= ZERO) return null
  const to = round.config.treasury
  return { purpose: 'collect', signer, to, value: amount(value), data: '0x', gasLimit, fees: exact, takes: balance }
}
