import { exactFees, type Fees, feeCap } from '@ctrip/chain/transactions/fees'
import { recordedBalance } from '@ctrip/db/sweeps/recorded-balance'
import { readMoneyAfterReorgs } from '@ctrip/db/sweeps/reorged-money'
import type { Address } from '@ctrip/domain/address'
import { type Amount, amount, ZERO } from '@ctrip/domain/amount'
import type { WaitReason } from '@ctrip/domain/sweep/policy'
import type { Sweep } from '@ctrip/domain/sweep/sweep'
import { depositFees, expectedPrice } from '../chain/fees'
import { depositSigner } from '../context/deposit-signer'
import type { Inquiry, Round } from '../context/round'
import { type Draft, onlyItem, type Quote, type Step, type Strategy } from './strategy'

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
    const step = await draftCollection(round, sweep, fees)
    if (step.kind === 'sign') return { kind: 'replace', draft: step.draft }
    const isOver = step.reason === 'nothing_there' && (await isGone(round, sweep))
    return { kind: isOver ? 'cancel' : 'wait' }
  },
  async collected(_context, { sweep, attempt }, block) {
    const item = onlyItem(sweep)
    const transaction = block.transactions.find(({ hash }) => hash === attempt.hash)
    if (transaction?.status !== 'succeeded' || transaction.to !== sweep.treasury) return []
    const left = attempt.takes ?? transaction.value
    const setAside = amount(left - transaction.value)
    const { value, index: position } = transaction
    return [{ item, amount: value, left, stayed: ZERO, remaining: null, setAside, position }]
  },
}

/** What collecting native coin from an address would cost now, or why it cannot be done. */
export async function quoteNative(round: Inquiry, address: Address, planned: Amount): Promise<Quote> {
  const trial = await round.chain.tryNativeTransfer(address, round.config.treasury)
  if (trial.kind === 'refused') return { kind: 'impossible', reason: 'transfer_refused', why: trial.why }
  const price = feeCap(depositFees(await round.market()))
  const feeWei = trial.gas * price + (await round.chain.dataFee(RAW_BYTES))
  const balance = await round.chain.balance(address)
  const reason = await whyNot(round, { address, planned, balance }, feeWei)
  if (reason !== null) return { kind: 'impossible', reason, why: `it holds ${balance} wei` }
  return { kind: 'cost', gas: trial.gas, feeWei, gasPriceWei: expectedPrice(await round.market()) }
}

interface Holding {
  readonly address: Address
  readonly planned: Amount
  readonly balance: Amount
}

/** Why a balance cannot be collected at this price; null where it can. */
async function whyNot(round: Inquiry, holding: Holding, feeWei: bigint): Promise<WaitReason | null> {
  const { planned, balance } = holding
  if (balance !== ZERO && (await holdsTooLittle(round, holding))) return 'less_than_recorded'
  if (balance > feeWei) return null
  return balance < planned ? 'nothing_there' : 'fee_too_high'
}

/**
 * Whether an address seems to hold less than it must. A node that is behind, or lies, would have us collect a part of it:
 * the rest would wait for the next sweep, and cost its gas again.
 */
async function holdsTooLittle({ config, db }: Inquiry, { address, planned, balance }: Holding): Promise<boolean> {
  if (balance >= planned) return false
  const coin = { ...config.native, contract: null }
  return balance < (await recordedBalance(db.prisma, config.chainId, address, coin))
}

/**
 * Whether a reorg took the money for good: the chain is final without it, and the books know of no more at the address than
 * it shows. Before that the money comes back with the next blocks, as a rule, and what was signed takes it.
 */
async function isGone({ chain, config, db }: Round, sweep: Sweep): Promise<boolean> {
  const item = onlyItem(sweep)
  const { stays, isFinal } = await readMoneyAfterReorgs(db.prisma, config.chainId, item, sweep.asset)
  return isFinal && stays <= (await chain.balance(item.address))
}

async function next(round: Round, sweep: Sweep): Promise<Step> {
  return draftCollection(round, sweep, depositFees(await round.market()))
}

async function draftCollection(
  round: Round,
  sweep: Sweep,
  fees: Fees,
): Promise<Exclude<Step, { readonly kind: 'wait' }>> {
  const item = onlyItem(sweep)
  const { address, amountPlanned: planned } = item
  const to = sweep.treasury
  const signer = depositSigner(round, item)
  if (signer === null) return { kind: 'give_up', reason: 'address_mismatch' }
  const trial = await round.chain.tryNativeTransfer(address, to)
  if (trial.kind === 'refused') return { kind: 'give_up', reason: 'transfer_refused' }
  const gasLimit = trial.gas === PLAIN_TRANSFER_GAS ? trial.gas : (trial.gas * MARGIN_PERCENT) / 100n
  const exact = exactFees(fees)
  const balance = await round.chain.balance(address)
  const feeWei = gasLimit * feeCap(exact) + (await round.chain.dataFee(RAW_BYTES))
  const reason = await whyNot(round, { address, planned, balance }, feeWei)
  if (reason !== null) return { kind: 'give_up', reason }
  const draft: Draft = {
    purpose: 'collect',
    signer,
    to,
    value: amount(balance - feeWei),
    data: '0x',
    gasLimit,
    fees: exact,
    takes: balance,
  }
  return { kind: 'sign', draft }
}
