import { delegationTo, encodeCollection, type SweepContracts } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import type { AuthorizedBy } from '@ctrip/chain/transactions/authorized-by'
import { type Fees, feeCap } from '@ctrip/chain/transactions/fees'
import type { Address } from '@ctrip/domain/address'
import { type Amount, ZERO } from '@ctrip/domain/amount'
import type { Sweep, SweepItem, SweepTransaction } from '@ctrip/domain/sweep/sweep'
import { gasWalletFees } from '../chain/fees'
import { inParallel } from '../context/concurrency'
import { depositSigner } from '../context/deposit-signer'
import { isolate } from '../context/isolate'
import { feeMaxOf, limitFees } from '../context/limit-fees'
import { nextNonce } from '../context/next-nonce'
import { knownMarket, type Round } from '../context/round'
import type { SweepHistory } from '../context/sweep-history'
import { type BatchItem, batchBytes, batchGas, batchGasLimit } from './batch-gas'
import { judgeTransfer } from './judge-transfer'
import { reprice } from './reprice'
import type { Redraft, Step, Strategy } from './strategy'
import { contractOf, readTokenMoves } from './token-moves'

const QUESTIONS_AT_ONCE = 8

/**
 * A token from many addresses in one transaction that the gas wallet pays for (EIP-7702): each address delegates, once, to
 * our contract, whose only power is to send a token to the treasury. An item that fails fails alone.
 */
export const delegatedBatchStrategy: Strategy = { name: 'delegated_batch', next, redraft, collected: readTokenMoves }

interface ReadyItem extends BatchItem {
  readonly address: Address
  readonly amount: Amount
  readonly authorization: AuthorizedBy | null
}

async function next(round: Round, sweep: Sweep, history: SweepHistory): Promise<Step> {
  const contracts = await round.contracts()
  if (contracts === null) return { kind: 'give_up', reason: 'contracts_missing' }
  const token = contractOf(sweep.asset.contract)
  const found = await inParallel(sweep.items, QUESTIONS_AT_ONCE, (item) =>
    isolate(round, { sweep_id: sweep.id, address: item.address }, () =>
      prepare(round, { contracts, token, minedFailures: history.minedFailures(item.address) }, item),
    ),
  )
  const items = found.filter((item) => item !== null)
  if (items.length === 0) return { kind: 'give_up', reason: 'nothing_there' }
  const gasLimit = batchGasLimit(items)
  const dataFeeWei = await round.chain.dataFee(batchBytes(items), gasLimit)
  const cost = { gasLimit, gasExpected: batchGas(items), dataFeeWei, otherWei: history.spentWei }
  const offer = await limitFees(round, gasWalletFees(await knownMarket(round)), cost, feeMaxOf(round, sweep))
  if (offer.kind === 'wait') return offer
  const { fees } = offer
  const budget = await round.gasBudget()
  if (!budget.take(gasLimit * feeCap(fees) + dataFeeWei)) return { kind: 'wait', reason: 'gas_wallet_low' }
  const authorizations = items.flatMap(({ authorization }) => (authorization === null ? [] : [authorization]))
  return {
    kind: 'sign',
    draft: {
      purpose: 'collect',
      signer: round.keys.gasWallet,
      to: contracts.batcher,
      value: ZERO,
      data: encodeCollection(token, items),
      gasLimit,
      fees,
      takes: null,
      authorizations,
    },
  }
}

interface PrepareTerms {
  readonly contracts: SweepContracts
  readonly token: Address
  readonly minedFailures: number
}

/** Null for an address that would give nothing now: it is left out, and tried again later. */
async function prepare(
  round: Round,
  { contracts, token, minedFailures }: PrepareTerms,
  item: SweepItem,
): Promise<ReadyItem | null> {
  const { chain, config } = round
  const signer = await depositSigner(round, item)
  if (signer === null) return null
  const trial = await judgeTransfer(round, token, item.address, config.treasury, {
    planned: item.amountPlanned,
    minedFailures,
  })
  if (trial.kind === 'impossible') return null
  const isDelegated = (await chain.code(item.address)) === delegationTo(contracts.delegate)
  const ready = { address: item.address, amount: trial.amount, transferGas: trial.gas, isDelegated }
  if (isDelegated) return { ...ready, authorization: null }
  const nonce = await nextNonce(round, item.address)
  const authorization = await signer.signAuthorization({ chainId: config.chainId, address: contracts.delegate, nonce })
  return { ...ready, authorization: { sender: item.address, authorization } }
}

async function redraft(
  round: Round,
  _sweep: Sweep,
  transaction: SweepTransaction,
  { fees }: { readonly fees: Fees },
): Promise<Redraft> {
  return reprice(round, transaction, fees)
}
