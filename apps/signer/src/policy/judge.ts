import type { RefusalRule, TransactionRequest } from '@ctrip/signer-protocol/messages'
import { createdAddress } from '../ethereum/transaction'
import type { ChainRules } from './chain-rules'
import { contractsOf, decodeCollection, deployedTreasury, type SweepContracts, transferRecipient } from './sweep-calls'

/** The transactions that are signed; each has one form. */
type Shape = 'native' | 'token' | 'top_up' | 'batch' | 'deploy' | 'no_op'

export type Judgement = { readonly ok: true; readonly shape: Shape; readonly deployment: Deployment | null } | Refusal

export interface Refusal {
  readonly ok: false
  readonly rule: RefusalRule
  readonly detail: string
}

/** A deployment of our contracts: the batcher's address, and the treasury that they pay for ever. */
export interface Deployment {
  readonly batcher: string
  readonly treasury: string
}

/** The facts that the signer knows by itself. Nothing in here comes from the request. */
export interface PolicyFacts {
  readonly rules: ChainRules
  /** Tokens beside those of chains.yaml may be collected: for `ctrip rescue`. */
  readonly allowsRescue: boolean
  /** Our contracts on this chain that pay its treasury. */
  readonly contracts: readonly SweepContracts[]
  /** The address that the signer derived at `recipient_index`; null where the request names none. */
  readonly recipient: string | null
}

/** Gas limits of each shape. The sweeper asks for less; a chain that charges more gas for a transfer stays below these. */
const GAS = {
  native: 2_000_000n,
  token: 420_000n,
  topUp: 100_000n,
  deploy: 500_000n,
  noOp: 50_000n,
  batch: 100_000n,
  batchItem: 300_000n,
  authorization: 25_000n,
}
/** A top-up pays for one token transfer at the highest price, with a rollup's charge for data. */
const TOP_UP_GAS = 500_000n
/** The amount planned may have been larger than what a reorg left of it, so the share of a native transfer has this much room. */
const FEE_SHARE_ROOM = 2n
const BPS = 10_000n

/** Whether the policy lets a transaction be signed: its shape and destination first, then its gas and its fee. Limits per hour are not judged here. */
export function judgeTransaction(request: TransactionRequest, facts: PolicyFacts): Judgement {
  const judged = request.account.kind === 'deposit' ? judgeDeposit(request, facts) : judgeGasWallet(request, facts)
  if ('rule' in judged) return judged
  const { shape, gasMax } = judged
  const { gas_limit, value } = request.transaction
  if (gas_limit > gasMax) return refuse('gas_limit_too_high', `${gas_limit} is above ${gasMax} for ${shape}`)
  const tooDear = judgeFees(request, facts.rules)
  if (tooDear !== null) return tooDear
  const fee = feeMax(request.transaction)
  const share = BigInt(facts.rules.feeBpsMax) * FEE_SHARE_ROOM
  if (shape === 'native' && fee * BPS > share * (value + fee))
    return refuse('fee_too_high', `${fee} wei is above max_fee_bps of ${value} wei`)
  return { ok: true, shape, deployment: judged.deployment ?? null }
}

/** The most that a transaction costs in fees, in wei. */
export function feeMax({ gas_limit, fees }: TransactionRequest['transaction']): bigint {
  return gas_limit * ('gas_price' in fees ? fees.gas_price : fees.max_fee_per_gas)
}

interface Recognised {
  readonly shape: Shape
  readonly gasMax: bigint
  readonly deployment?: Deployment
}

/** A deposit key pays the treasury, in coin or by a token's `transfer`, or uses up a nonce. It carries no authorizations. */
function judgeDeposit({ account, transaction }: TransactionRequest, facts: PolicyFacts): Recognised | Refusal {
  const { to, value, data, authorizations } = transaction
  if (authorizations.length > 0) return unknownShape('a deposit address sends no authorizations')
  if (isNoOp(account.address, transaction)) return { shape: 'no_op', gasMax: GAS.noOp }
  if (data === '0x')
    return to === facts.rules.treasury
      ? { shape: 'native', gasMax: GAS.native }
      : unknownShape('coin of a deposit address goes to the treasury only')
  if (to === null || value !== 0n || transferRecipient(data) !== facts.rules.treasury)
    return unknownShape('a deposit address calls transfer(treasury, amount) only')
  return judgeToken(to, facts) ?? { shape: 'token', gasMax: GAS.token }
}

/** The gas wallet tops up our deposit addresses, calls our batcher, deploys our contracts, or uses up a nonce. */
function judgeGasWallet({ account, transaction }: TransactionRequest, facts: PolicyFacts): Recognised | Refusal {
  const { to, data, authorizations } = transaction
  const badAuthorization = judgeAuthorizations(transaction, facts)
  if (badAuthorization !== null) return badAuthorization
  const forAuthorizations = GAS.authorization * BigInt(authorizations.length)
  if (isNoOp(account.address, transaction)) return { shape: 'no_op', gasMax: GAS.noOp + forAuthorizations }
  if (to !== null && facts.contracts.some(({ batcher }) => batcher === to))
    return judgeBatch(transaction, facts, forAuthorizations)
  if (authorizations.length > 0) return unknownShape('only calls of the batcher carry authorizations')
  if (to === null) return judgeDeployment(account.address, transaction, facts)
  return data === '0x' ? judgeTopUp(transaction, facts) : refuse('unknown_contract', `${to} is no batcher of ours`)
}

function judgeAuthorizations(
  { chain_id, authorizations }: TransactionRequest['transaction'],
  { contracts }: PolicyFacts,
): Refusal | null {
  const isOurs = authorizations.every(
    (authorization) =>
      authorization.chain_id === chain_id && contracts.some(({ delegate }) => delegate === authorization.address),
  )
  return isOurs ? null : refuse('unknown_contract', 'an authorization is not for our delegate on this chain')
}

function judgeBatch(
  { value, data }: TransactionRequest['transaction'],
  facts: PolicyFacts,
  gasForAuthorizations: bigint,
): Recognised | Refusal {
  const collection = decodeCollection(data)
  if (value !== 0n || collection === null) return unknownShape('the batcher is called to collect, without coin')
  const gasMax = GAS.batch + GAS.batchItem * BigInt(collection.items) + gasForAuthorizations
  return judgeToken(collection.token, facts) ?? { shape: 'batch', gasMax }
}

function judgeDeployment(
  gasWallet: string,
  { value, data, nonce }: TransactionRequest['transaction'],
  { rules }: PolicyFacts,
): Recognised | Refusal {
  const treasury = deployedTreasury(data)
  if (value !== 0n || treasury === null) return unknownShape('only our own contracts are deployed, without coin')
  if (treasury !== rules.treasury) return refuse('unknown_contract', `the contracts would pay ${treasury}`)
  return { shape: 'deploy', gasMax: GAS.deploy, deployment: { batcher: createdAddress(gasWallet, nonce), treasury } }
}

function judgeTopUp(
  { to, value }: TransactionRequest['transaction'],
  { rules, recipient }: PolicyFacts,
): Recognised | Refusal {
  if (recipient === null || recipient !== to)
    return refuse('recipient_not_ours', `${to} is not the deposit address that the request names`)
  const most = TOP_UP_GAS * rules.gasPriceMax
  return value > most
    ? refuse('top_up_too_large', `${value} wei is above ${most}`)
    : { shape: 'top_up', gasMax: GAS.topUp }
}

function judgeToken(token: string, { rules, allowsRescue }: PolicyFacts): Refusal | null {
  if (allowsRescue || rules.tokens.has(token)) return null
  return refuse('token_not_allowed', `${token} is no token of ${rules.name}; SIGNER_ALLOW_RESCUE allows others`)
}

function judgeFees({ transaction }: TransactionRequest, rules: ChainRules): Refusal | null {
  const { fees } = transaction
  const price = 'gas_price' in fees ? fees.gas_price : fees.max_fee_per_gas
  if (price > rules.gasPriceMax) return refuse('gas_price_too_high', `${price} wei is above max_gas_price_gwei`)
  const most = rules.feePerTransactionMax
  const fee = feeMax(transaction)
  return most !== null && fee > most ? refuse('fee_too_high', `${fee} wei is above max_fee_per_transaction`) : null
}

function isNoOp(sender: string, { to, value, data }: TransactionRequest['transaction']): boolean {
  return to === sender && value === 0n && data === '0x'
}

/**
 * Our contracts that pay this treasury. Where deployments for two treasuries were signed with one nonce, nobody here knows which of
 * them was mined, so that address is none of ours.
 */
export function contractsPaying(treasury: string, deployments: readonly Deployment[]): SweepContracts[] {
  const byBatcher = Map.groupBy(deployments, ({ batcher }) => batcher)
  return [...byBatcher].flatMap(([batcher, all]) =>
    all.every((one) => one.treasury === treasury) ? [contractsOf(batcher)] : [],
  )
}

function unknownShape(detail: string): Refusal {
  return refuse('unknown_shape', detail)
}

export function refuse(rule: RefusalRule, detail: string): Refusal {
  return { ok: false, rule, detail }
}
