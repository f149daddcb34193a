import { assetOf } from '@ctrip/chain/asset-of'
import type { TokenFacts } from '@ctrip/chain/token-facts'
import { RESCUED_AT_ONCE_MAX } from '@ctrip/db/chains/operator-requests'
import { NO_SETBACKS } from '@ctrip/db/sweeps/collection-waits'
import { type Rescuable, readRescuable } from '@ctrip/db/sweeps/rescuable'
import { type Address, parseAddress } from '@ctrip/domain/address'
import { ZERO } from '@ctrip/domain/amount'
import type { Asset } from '@ctrip/domain/payment/payment'
import { type WaitReason, worthCollecting } from '@ctrip/domain/sweep/policy'
import { z } from 'zod'
import { assetRules } from '../context/asset-rules'
import { inParallel } from '../context/concurrency'
import { depositSigner } from '../context/deposit-signer'
import type { Inquiry } from '../context/round'
import { chooseStrategies, type Proposal } from '../plan/choose-strategies'
import type { QuotedMoney } from '../plan/quote-money'
import { quoteNative } from '../strategies/native'
import { quoteToken } from '../strategies/token-top-up'

const QUESTIONS_AT_ONCE = 8

/** What an operator wants collected: all that these addresses hold of a token (null: of native coin). */
const termsSchema = z.object({
  contract: z.string().transform(toAddress).nullable(),
  addresses: z.array(z.string().transform(toAddress)).min(1).max(RESCUED_AT_ONCE_MAX),
})

export interface RescueQuote {
  readonly kind: 'quoted'
  readonly treasury: Address
  readonly asset: Asset
  /** As the token calls itself; null for native coin. */
  readonly facts: TokenFacts | null
  readonly proposals: readonly Proposal[]
  readonly refused: readonly RefusedRescue[]
}

/** There is no contract at the token's address, or the terms are not those that the sweeper knows: of another release's command. */
export interface ImpossibleRescue {
  readonly kind: 'impossible'
  readonly reason: 'no_contract' | 'malformed_terms'
}

interface RefusedRescue {
  readonly address: Address
  readonly reason: WaitReason | 'not_a_deposit_address' | 'being_swept'
}

/** Terms that make no sense are answered like any others: they must not stop the sweeper. */
export async function quoteRescue(round: Inquiry, terms: unknown): Promise<RescueQuote | ImpossibleRescue> {
  const parsed = termsSchema.safeParse(terms)
  if (!parsed.success) return { kind: 'impossible', reason: 'malformed_terms' }
  const { contract, addresses } = parsed.data
  const facts = contract === null ? null : await round.chain.tokenFacts(contract)
  if (contract !== null && facts === null) return { kind: 'impossible', reason: 'no_contract' }
  const asset = assetOf(round.config, contract, facts?.decimals ?? 0)
  const known = new Map(
    (await readRescuable(round.db.prisma, round.config.chainId, addresses)).map((one) => [one.address, one]),
  )
  const judged = await inParallel([...new Set(addresses)], QUESTIONS_AT_ONCE, (address) =>
    judge(round, asset, address, known.get(address)),
  )
  const quoted = judged.filter((one): one is QuotedMoney => 'kind' in one)
  return {
    kind: 'quoted',
    treasury: round.config.treasury,
    asset,
    facts,
    proposals: await chooseStrategies(round, quoted),
    refused: judged.filter((one): one is RefusedRescue => !('kind' in one)),
  }
}

/** The cost of sweeping it, or the reason why it cannot be swept. */
async function judge(
  round: Inquiry,
  asset: Asset,
  address: Address,
  found: Rescuable | undefined,
): Promise<QuotedMoney | RefusedRescue> {
  if (found === undefined) return { address, reason: 'not_a_deposit_address' }
  if (found.isBusy) return { address, reason: 'being_swept' }
  if ((await depositSigner(round, found)) === null) return { address, reason: 'address_mismatch' }
  const { chain, config } = round
  const { contract } = asset
  const amount = await (contract === null ? chain.balance(address) : chain.tokenBalance(contract, address))
  if (amount === null) return { address, reason: 'balance_unreadable' }
  if (amount === ZERO) return { address, reason: 'nothing_there' }
  if ((await round.market()).kind === 'unknown') return { address, reason: 'fees_unknown' }
  const quote = await (contract === null
    ? quoteNative(round, address, amount)
    : quoteToken(round, contract, address, { planned: amount, setbacks: NO_SETBACKS }))
  if (quote.kind === 'impossible') return { address, reason: quote.reason }
  // Dust is collected where an operator asks for it; what it may cost of a known price is limited at each signature, and so here.
  const rules = assetRules(config, asset)
  const money = { amount, asset: { minSweep: ZERO, nativePrice: rules?.nativePrice ?? null } }
  const worth = worthCollecting(money, quote, config.sweep)
  if (!worth.worth) return { address, reason: worth.reason }
  // As old as can be: it waits for no company.
  return {
    ...quote,
    kind: 'quoted',
    money: { ...found, asset, amount, arrivedAt: new Date(0), setbacks: NO_SETBACKS, waitReason: null },
  }
}

function toAddress(text: string, context: z.RefinementCtx): Address {
  const address = parseAddress(text)
  if (address !== null) return address
  context.addIssue({ code: 'custom', message: 'is no address' })
  return z.NEVER
}
