import { encodeTransferCall } from '@ctrip/chain/erc20'
import { decodeTransaction } from '@ctrip/chain/transactions/decode-transaction'
import { type Fees, feeCap } from '@ctrip/chain/transactions/fees'
import type { Address } from '@ctrip/domain/address'
import { ZERO } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import type { Sweep, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { capped, depositFees, expectedPrice, leastFees } from '../chain/fees'
import { depositSigner } from '../context/deposit-signer'
import type { Inquiry, Round } from '../context/round'
import { draftTopUp, TOP_UP_GAS } from './gas-top-up'
import { judgeTransfer } from './judge-transfer'
import { type Draft, onlyItem, type Quote, type Redraft, type Step, type Strategy } from './strategy'
import { contractOf, readTokenMoves } from './token-moves'

const RAW_BYTES = 200
// What a transfer needs depends on balances that others change meanwhile.
const MARGIN_PERCENT = 120n

/** A token from an address that has no gas: the gas wallet sends it what the transfer needs, then it transfers all it has. */
export const tokenTopUpStrategy: Strategy = { name: 'token_top_up', next, redraft, collected: readTokenMoves }

/** What collecting a token from one address by top-up would cost now, or why it cannot be done. `hasFailed`: it was tried before. */
export async function quoteToken(
  round: Inquiry,
  contract: Address,
  holder: Address,
  hasFailed: boolean,
): Promise<Quote> {
  const trial = await judgeTransfer(round, contract, holder, round.config.treasury)
  if (trial.kind === 'impossible') return trial
  // One try shows what the node cannot, and costs its gas: no second one.
  if (!trial.isSure && hasFailed)
    return { kind: 'impossible', reason: 'transfer_refused', why: 'it does not return true' }
  const gas = TOP_UP_GAS + trial.gas
  const gasPriceWei = expectedPrice(await round.market())
  const feeWei = gas * gasPriceWei + 2n * (await round.chain.dataFee(RAW_BYTES))
  return { kind: 'cost', gas, feeWei, gasPriceWei }
}

async function next(round: Round, sweep: Sweep): Promise<Step> {
  const item = onlyItem(sweep)
  const contract = contractOf(sweep.asset.contract)
  const signer = depositSigner(round, item)
  if (signer === null) return { kind: 'give_up', reason: 'address_mismatch' }
  const trial = await judgeTransfer(round, contract, item.address, sweep.treasury)
  if (trial.kind === 'impossible') return { kind: 'give_up', reason: trial.reason }
  const { balance } = trial
  const gasLimit = (trial.gas * MARGIN_PERCENT) / 100n
  const price = await affordable(round, item.address, gasLimit)
  if (price.kind === 'short') {
    const draft = await draftTopUp(round, item.address, price.missingWei)
    return draft === null ? { kind: 'wait' } : { kind: 'sign', draft }
  }
  const data = encodeTransferCall(sweep.treasury, balance)
  const draft: Draft = {
    purpose: 'collect',
    signer,
    to: contract,
    value: ZERO,
    data,
    gasLimit,
    fees: price.fees,
    takes: balance,
  }
  return { kind: 'sign', draft }
}

type Affordable =
  | { readonly kind: 'fees'; readonly fees: Fees }
  | { readonly kind: 'short'; readonly missingWei: bigint }

/** What the address can offer for gas, if that is enough for one of the next blocks; else what it lacks. */
async function affordable(round: Round, address: Address, gasLimit: bigint): Promise<Affordable> {
  const market = await round.market()
  const forData = await round.chain.dataFee(RAW_BYTES)
  const forGas = (await round.chain.balance(address)) - forData
  const wanted = depositFees(market)
  if (forGas >= gasLimit * feeCap(leastFees(market))) return { kind: 'fees', fees: capped(wanted, forGas / gasLimit) }
  return { kind: 'short', missingWei: gasLimit * feeCap(wanted) - forGas }
}

/** Value and data stay. An address that cannot pay the new fees gets what it lacks first. */
async function redraft(round: Round, sweep: Sweep, transaction: SweepTransaction, fees: Fees): Promise<Redraft> {
  const [newest] = transaction.attempts
  assert(newest !== undefined, 'a transaction has an attempt')
  const { to, value, data, gasLimit } = decodeTransaction(newest.raw)
  assert(to !== null, 'a sweep creates no contract')
  const common = { purpose: transaction.purpose, to, value, data, gasLimit, fees, takes: newest.takes }
  const signer = depositSigner(round, onlyItem(sweep))
  if (signer === null) return { kind: 'wait' }
  const cost = gasLimit * feeCap(fees) + (await round.chain.dataFee(RAW_BYTES))
  const missing = cost - (await round.chain.balance(transaction.sender))
  if (missing <= 0n) return { kind: 'replace', draft: { ...common, signer } }
  return { kind: 'support', missingWei: missing }
}
