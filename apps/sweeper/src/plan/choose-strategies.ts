import { delegationTo, type SweepContracts } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import type { StrategyName } from '@ctrip/domain/sweep/sweep'
import { inParallel } from '../context/concurrency'
import type { Inquiry } from '../context/round'
import { type BatchItem, batchBytes, batchGas, batchGasLimit } from '../strategies/batch-gas'
import type { QuotedMoney } from './quote-money'

const QUESTIONS_AT_ONCE = 8

/** Money to be collected together, and what each part costs of it. */
export interface Proposal {
  readonly strategy: StrategyName
  readonly parts: readonly QuotedMoney[]
  readonly feeWeiEach: bigint
}

/**
 * The cheapest way for each, by what it costs now: one by one, or tokens of one kind in batches where our contracts are.
 * Only addresses of token payments are put in batches: a delegated address needs more than 21,000 gas to receive native
 * coin, which some wallets and exchanges do not offer. Nor of tokens that refuse senders with code: a delegated address
 * has some for ever. Tokens wait a few seconds for company.
 */
export async function chooseStrategies(round: Inquiry, quoted: readonly QuotedMoney[]): Promise<Proposal[]> {
  const contracts = await round.contracts()
  const groups = Map.groupBy(quoted, (one) =>
    contracts !== null && mayDelegate(one) ? one.money.asset.contract : null,
  )
  const proposals = (groups.get(null) ?? []).map(alone)
  for (const [contract, group] of groups) {
    if (contract !== null && contracts !== null) proposals.push(...(await inBatches(round, contracts, group)))
  }
  return proposals
}

function mayDelegate({ money, takesCode }: QuotedMoney): boolean {
  return money.asset.contract !== null && money.paymentContract !== null && takesCode
}

function alone(quoted: QuotedMoney): Proposal {
  const strategy = quoted.money.asset.contract === null ? 'native' : 'token_top_up'
  return { strategy, parts: [quoted], feeWeiEach: quoted.feeWei }
}

async function inBatches(
  round: Inquiry,
  contracts: SweepContracts,
  group: readonly QuotedMoney[],
): Promise<Proposal[]> {
  const { maxItems, maxWaitSeconds } = round.config.sweep.batch
  const proposals: Proposal[] = []
  for (let at = 0; at < group.length; at += maxItems) {
    const parts = group.slice(at, at + maxItems)
    const oldest = Math.min(...parts.map(({ money }) => money.arrivedAt.getTime()))
    const isAwaited = parts.length < maxItems && round.now().getTime() - oldest < maxWaitSeconds * 1_000
    if (!isAwaited) proposals.push(...(await cheapest(round, contracts, parts)))
  }
  return proposals
}

async function cheapest(round: Inquiry, contracts: SweepContracts, parts: readonly QuotedMoney[]): Promise<Proposal[]> {
  const designator = delegationTo(contracts.delegate)
  const items = await inParallel(
    parts,
    QUESTIONS_AT_ONCE,
    async ({ money, transferGas }): Promise<BatchItem> => ({
      transferGas,
      isDelegated: (await round.chain.code(money.address)) === designator,
    }),
  )
  const [first] = parts
  if (first === undefined) return []
  const gasLimit = batchGasLimit(items)
  const feeWei = batchGas(items) * first.gasPriceWei + (await round.chain.dataFee(batchBytes(items), gasLimit))
  // In wei and not in gas: a top-up's leavings stay at the address.
  if (feeWei >= parts.reduce((total, part) => total + part.feeWei, 0n)) return parts.map(alone)
  const feeWeiEach = feeWei / BigInt(parts.length)
  return [{ strategy: 'delegated_batch', parts, feeWeiEach }]
}
