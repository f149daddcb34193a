import { encodeTransferCall } from '@ctrip/chain/erc20'
import { decodeTransaction } from '@ctrip/chain/transactions/decode-transaction'
import { expectedPrice } from '@ctrip/chain/transactions/fee-market'
import { cappedFees, type Fees, feeCap } from '@ctrip/chain/transactions/fees'
import type { Setbacks } from '@ctrip/db/sweeps/collection-waits'
import type { Address } from '@ctrip/domain/address'
import { type Amount, amount, ZERO } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import type { Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { depositFees } from '../chain/fees'
import { depositSigner } from '../context/deposit-signer'
import { feeMaxOf, limitFees } from '../context/limit-fees'
import { type Inquiry, knownMarket, type Round } from '../context/round'
import type { SweepHistory } from '../context/sweep-history'
import { draftTopUp, TOP_UP_BYTES, TOP_UP_GAS } from './gas-top-up'
import { judgeTransfer } from './judge-transfer'
import { onlyItem, type Quote, type Redraft, type Step, type Strategy } from './strategy'
import { contractOf, readTokenMoves } from './token-moves'

const RAW_BYTES = 200
// The gas of a transfer depends on balances that others change meanwhile. Unused coin stays at the address.
const MARGIN_PERCENT = 105n

/** A token from an address that has no gas: the gas wallet sends it what the transfer needs, then it transfers all it has. */
export const tokenTopUpStrategy: Strategy = { name: 'token_top_up', next, redraft, collected: readTokenMoves }

/** The present cost of sweeping a token from one address by gas top-up, or the reason why it is impossible. `planned`: the amount that was paid. */
export async function quoteToken(
  round: Inquiry,
  contract: Address,
  holder: Address,
  { planned, setbacks }: { readonly planned: Amount; readonly setbacks: Setbacks },
): Promise<Quote> {
  const { failures, minedFailures } = setbacks
  const trial = await judgeTransfer(round, contract, holder, round.config.treasury, { planned, minedFailures })
  if (trial.kind === 'impossible') return trial
  // One try shows what the node cannot, and costs its gas: no second one.
  if (!trial.isSure && failures > 0)
    return { kind: 'impossible', reason: 'transfer_refused', why: 'it does not return true' }
  const { balance: held, takesCode } = trial
  return { kind: 'cost', ...(await costOf(round, holder, trial.gas)), held, takesCode }
}

/** An address that has enough from the last time needs no top-up; what a top-up hands over is spent, or stays behind. */
async function costOf(round: Inquiry, holder: Address, transferGas: bigint) {
  const market = await knownMarket(round)
  const gasPriceWei = expectedPrice(market)
  const gasLimit = withMargin(transferGas)
  const needed = gasLimit * feeCap(depositFees(market)) + (await round.chain.dataFee(RAW_BYTES, gasLimit))
  const missing = needed - (await round.chain.balance(holder))
  if (missing <= 0n) return { gas: transferGas, transferGas, feeWei: needed, gasPriceWei }
  const topUpWei = TOP_UP_GAS * gasPriceWei + (await round.chain.dataFee(TOP_UP_BYTES, TOP_UP_GAS))
  return { gas: TOP_UP_GAS + transferGas, transferGas, feeWei: topUpWei + missing, gasPriceWei }
}

async function next(round: Round, sweep: Sweep, history: SweepHistory): Promise<Step> {
  const item = onlyItem(sweep)
  const contract = contractOf(sweep.asset.contract)
  const signer = await depositSigner(round, item)
  if (signer === null) return { kind: 'give_up', reason: 'address_mismatch' }
  const { spentWei, handedOverWei } = history
  const trial = await judgeTransfer(round, contract, item.address, sweep.treasury, {
    planned: item.amountPlanned,
    minedFailures: history.minedFailures(item.address),
  })
  if (trial.kind === 'impossible') return { kind: 'give_up', reason: trial.reason }
  const gasLimit = withMargin(trial.gas)
  const terms = { feeMaxWei: feeMaxOf(round, sweep), spentWei }
  const price = await affordable(round, item.address, { gasLimit, gasExpected: trial.gas }, terms)
  if (price.kind === 'wait') return price
  if (price.kind === 'short')
    return draftTopUp(round, item.address, price.missingWei, { ...terms, spentWei: spentWei + handedOverWei })
  const data = encodeTransferCall(sweep.treasury, trial.amount)
  const { fees } = price
  return {
    kind: 'sign',
    draft: { purpose: 'collect', signer, to: contract, value: ZERO, data, gasLimit, fees, takes: trial.amount },
  }
}

/** The value that this sweep's unmined top-up needs at present prices; null if it needs none any more. */
export async function topUpNeeded(round: Round, sweep: Sweep): Promise<Amount | null> {
  const { address, amountPlanned: planned } = onlyItem(sweep)
  const contract = contractOf(sweep.asset.contract)
  const trial = await judgeTransfer(round, contract, address, sweep.treasury, { planned, minedFailures: 0 })
  if (trial.kind === 'impossible') return null
  const missing = await missingFor(round, address, withMargin(trial.gas), depositFees(await knownMarket(round)))
  return missing > 0n ? amount(missing) : null
}

type Affordable =
  | { readonly kind: 'fees'; readonly fees: Fees }
  | { readonly kind: 'short'; readonly missingWei: bigint }
  | Extract<Step, { readonly kind: 'wait' }>

/** The fees that the address can offer, if they are enough for the next block; else the amount that it lacks. */
async function affordable(
  round: Round,
  address: Address,
  gas: { readonly gasLimit: bigint; readonly gasExpected: bigint },
  { feeMaxWei, spentWei }: { readonly feeMaxWei: bigint | null; readonly spentWei: bigint },
): Promise<Affordable> {
  const market = await knownMarket(round)
  const { gasLimit } = gas
  const dataFeeWei = await round.chain.dataFee(RAW_BYTES, gasLimit)
  const offer = await limitFees(round, depositFees(market), { ...gas, dataFeeWei, otherWei: spentWei }, feeMaxWei)
  if (offer.kind === 'wait') return offer
  const forGas = (await round.chain.balance(address)) - dataFeeWei
  if (forGas >= gasLimit * expectedPrice(market))
    return { kind: 'fees', fees: cappedFees(offer.fees, forGas / gasLimit) }
  return { kind: 'short', missingWei: gasLimit * feeCap(offer.fees) - forGas }
}

/** Value and data stay. An address that cannot pay the new fees gets what it lacks first. */
async function redraft(
  round: Round,
  sweep: Sweep,
  transaction: SweepTransaction,
  { fees }: { readonly fees: Fees },
): Promise<Redraft> {
  const [newest] = transaction.attempts
  assert(newest !== undefined, 'a transaction has an attempt')
  const { to, value, data, gasLimit } = decodeTransaction(newest.raw)
  assert(to !== null, 'a sweep creates no contract')
  const common = { purpose: transaction.purpose, to, value, data, gasLimit, fees, takes: newest.takes }
  const signer = await depositSigner(round, onlyItem(sweep))
  if (signer === null) return { kind: 'wait', reason: 'address_mismatch' }
  const missing = await missingFor(round, transaction.sender, gasLimit, fees)
  if (missing <= 0n) return { kind: 'replace', draft: { ...common, signer } }
  return { kind: 'support', missingWei: missing }
}

async function missingFor({ chain }: Round, address: Address, gasLimit: bigint, fees: Fees): Promise<bigint> {
  return gasLimit * feeCap(fees) + (await chain.dataFee(RAW_BYTES, gasLimit)) - (await chain.balance(address))
}

function withMargin(gas: bigint): bigint {
  return (gas * MARGIN_PERCENT) / 100n
}
