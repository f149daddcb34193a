import { expectedPrice } from '@ctrip/chain/transactions/fee-market'
import { exactFees, type Fees, feeCap } from '@ctrip/chain/transactions/fees'
import { recordedBalance } from '@ctrip/db/sweeps/recorded-balance'
import { readMoneyAfterReorgs } from '@ctrip/db/sweeps/reorged-money'
import type { Address } from '@ctrip/domain/address'
import { type Amount, amount, ZERO } from '@ctrip/domain/amount'
import type { SignatureCost, WaitReason } from '@ctrip/domain/sweep/policy'
import type { Sweep } from '@ctrip/domain/sweep/sweep'
import { nativeFees } from '../chain/fees'
import { depositSigner } from '../context/deposit-signer'
import { feeMaxOf, type LimitedFees, limitFees } from '../context/limit-fees'
import { type Inquiry, knownMarket, type Round } from '../context/round'
import type { TopUpTerms } from './gas-top-up'
import { onlyItem, type Quote, type Step, type Strategy } from './strategy'

/** Gas of a plain transfer to an account without code. Elsewhere gas is estimated, and a part of it left over. */
const PLAIN_TRANSFER_GAS = 21_000n
const RAW_BYTES = 130
const MARGIN_PERCENT = 105n

/**
 * Native coin: one plain transfer of all there is. Its cap decides what that costs, since what is not sent is either paid or left behind:
 * so the cap is the next block's base fee and the market's tip, and no more. All of it is offered as tip, and 0 wei stay behind; where the treasury is a contract, or a rollup charges for data, what was set aside in vain does.
 */
export const nativeStrategy: Strategy = {
  name: 'native',
  async next(round, sweep, { spentWei }) {
    return draftCollection(round, sweep, {
      fees: nativeFees(await knownMarket(round)),
      limits: { feeMaxWei: feeMaxOf(round, sweep), spentWei },
      shortfallWei: 0n,
    })
  },
  async redraft(round, sweep, _transaction, { fees, shortfallWei }) {
    // The fee is paid from what is collected: a dearer one leaves less to send.
    const step = await draftCollection(round, sweep, { fees, limits: null, shortfallWei })
    if (step.kind === 'sign') return { kind: 'replace', draft: step.draft }
    if (step.kind === 'wait') return step
    const isOver = step.reason === 'nothing_there' && (await isGone(round, sweep))
    return isOver ? { kind: 'cancel' } : { kind: 'wait', reason: step.reason }
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
  const market = await knownMarket(round)
  const gasLimit = gasLimitOf(trial.gas)
  const feeWei = gasLimit * feeCap(nativeFees(market)) + (await round.chain.dataFee(RAW_BYTES, gasLimit))
  const balance = await round.chain.balance(address)
  const reason = await whyNot(round, { address, planned, balance }, feeWei)
  if (reason !== null) return { kind: 'impossible', reason, why: `it holds ${balance} wei` }
  const gasPriceWei = expectedPrice(market)
  const { gas } = trial
  return { kind: 'cost', gas, transferGas: gas, feeWei, gasPriceWei, held: balance, takesCode: true }
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

interface Terms {
  readonly fees: Fees
  /** Null where the fees are within every limit already. */
  readonly limits: TopUpTerms | null
  /** The amount that nodes name as missing beyond the known costs. */
  readonly shortfallWei: bigint
}

async function draftCollection(round: Round, sweep: Sweep, terms: Terms): Promise<Step> {
  const item = onlyItem(sweep)
  const { address, amountPlanned: planned } = item
  const to = sweep.treasury
  const signer = await depositSigner(round, item)
  if (signer === null) return { kind: 'give_up', reason: 'address_mismatch' }
  const trial = await round.chain.tryNativeTransfer(address, to)
  if (trial.kind === 'refused') return { kind: 'give_up', reason: 'transfer_refused' }
  const gasLimit = gasLimitOf(trial.gas)
  const dataFeeWei = await round.chain.dataFee(RAW_BYTES, gasLimit)
  const offer = await offered(round, { gasLimit, gasExpected: gasLimit, dataFeeWei }, terms)
  if (offer.kind === 'wait') return offer
  const fees = exactFees(offer.fees)
  const balance = await round.chain.balance(address)
  const feeWei = gasLimit * feeCap(fees) + dataFeeWei + surcharge(terms.shortfallWei, gasLimit * feeCap(fees))
  const reason = await whyNot(round, { address, planned, balance }, feeWei)
  if (reason !== null) return { kind: 'give_up', reason }
  const value = amount(balance - feeWei)
  return {
    kind: 'sign',
    draft: { purpose: 'collect', signer, to, value, data: '0x', gasLimit, fees, takes: balance },
  }
}

async function offered(round: Round, cost: Omit<SignatureCost, 'otherWei'>, terms: Terms): Promise<LimitedFees> {
  const { fees, limits } = terms
  if (limits === null) return { kind: 'fees', fees }
  return limitFees(round, fees, { ...cost, otherWei: limits.spentWei }, limits.feeMaxWei)
}

/** A charge that we know nothing of, as nodes tell it: believed up to as much as the gas costs, since it stays behind at worst. */
function surcharge(shortfallWei: bigint, gasFeeWei: bigint): bigint {
  return shortfallWei < gasFeeWei ? shortfallWei : gasFeeWei
}

function gasLimitOf(gas: bigint): bigint {
  return gas === PLAIN_TRANSFER_GAS ? gas : (gas * MARGIN_PERCENT) / 100n
}
