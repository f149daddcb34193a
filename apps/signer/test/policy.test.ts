import type { RefusalRule, TransactionRequest } from '@ctrip/signer-protocol/messages'
import type { ChainRules } from '../src/policy/chain-rules'
import { hourlyLimits } from '../src/policy/hourly-limits'
import { contractsPaying, judgeTransaction, type PolicyFacts } from '../src/policy/judge'
import {
  authorizationFor,
  BATCHER,
  CHAIN,
  collection,
  DELEGATE,
  deployment,
  depositAt,
  ETHER,
  fromDeposit,
  fromGasWallet,
  gasWallet,
  STRANGER,
  TOKEN,
  TREASURY,
  tokenTransfer,
} from './support/requests'

const GWEI = 10n ** 9n
const rules: ChainRules = {
  name: 'anvil',
  chainId: CHAIN,
  treasury: TREASURY,
  tokens: new Set([TOKEN]),
  gasPriceMax: 200n * GWEI,
  feeBpsMax: 100,
  feePerTransactionMax: null,
}
const contracts = [{ batcher: BATCHER, delegate: DELEGATE }]

function judge(request: TransactionRequest, facts: Partial<PolicyFacts> = {}) {
  const recipient = request.recipient_index === null ? null : depositAt(request.recipient_index)
  const judged = judgeTransaction(request, { rules, allowsRescue: false, contracts, recipient, ...facts })
  return judged.ok ? judged.shape : judged.rule
}

describe('the policy signs', () => {
  const allowed: readonly (readonly [string, TransactionRequest, string])[] = [
    ['coin of a deposit address to the treasury', fromDeposit(), 'native'],
    ['a token of a deposit address to the treasury', fromDeposit(tokenTransfer(TREASURY)), 'token'],
    ['a no-op of a deposit address', fromDeposit({ to: depositAt(3), value: 0n }), 'no_op'],
    ['a top-up of a deposit address', fromGasWallet(), 'top_up'],
    ['a collection by our batcher', fromGasWallet(collection(), null), 'batch'],
    ['a deployment of our contracts', fromGasWallet(deployment(), null), 'deploy'],
    ['a no-op of the gas wallet', fromGasWallet({ to: gasWallet, value: 0n }, null), 'no_op'],
  ]
  it.each(allowed)('%s', (_, request, shape) => {
    expect(judge(request)).toBe(shape)
  })

  it('a collection that carries authorizations for our delegate, and its cancellation', () => {
    const authorizations = [authorizationFor(DELEGATE)]
    expect(judge(fromGasWallet({ ...collection(), authorizations }, null))).toBe('batch')
    expect(judge(fromGasWallet({ to: gasWallet, value: 0n, gas_limit: 46_000n, authorizations }, null))).toBe('no_op')
  })

  it('a token that is not configured where the operator allows rescues', () => {
    const request = fromDeposit(tokenTransfer(TREASURY, STRANGER))
    expect(judge(request)).toBe('token_not_allowed')
    expect(judge(request, { allowsRescue: true })).toBe('token')
  })
})

describe('the policy refuses', () => {
  const refused: readonly (readonly [string, TransactionRequest, RefusalRule])[] = [
    ['coin to a stranger', fromDeposit({ to: STRANGER }), 'unknown_shape'],
    ['a token to a stranger', fromDeposit(tokenTransfer(STRANGER)), 'unknown_shape'],
    ['an approval of a token', fromDeposit({ ...tokenTransfer(TREASURY), data: approval() }), 'unknown_shape'],
    ['a transfer with more data behind it', fromDeposit(longer(tokenTransfer(TREASURY))), 'unknown_shape'],
    ['a token call that also sends coin', fromDeposit({ ...tokenTransfer(TREASURY), value: 1n }), 'unknown_shape'],
    ['coin to the treasury with data', fromDeposit({ data: '0x00' }), 'unknown_shape'],
    ['a contract made by a deposit address', fromDeposit({ ...deployment() }), 'unknown_shape'],
    [
      'a deposit address that carries authorizations',
      fromDeposit({ authorizations: [authorizationFor(DELEGATE)] }),
      'unknown_shape',
    ],
    ['coin of the gas wallet to a stranger', fromGasWallet({ to: STRANGER }, null), 'recipient_not_ours'],
    ['coin of the gas wallet to the treasury', fromGasWallet({ to: TREASURY }), 'recipient_not_ours'],
    ['a top-up whose index is of another address', fromGasWallet({}, 4), 'recipient_not_ours'],
    ['a top-up without an index', fromGasWallet({}, null), 'recipient_not_ours'],
    ['a top-up of more than a transfer can cost', fromGasWallet({ value: ETHER }), 'top_up_too_large'],
    ['a call of another contract', fromGasWallet({ ...collection(), to: STRANGER }, null), 'unknown_contract'],
    ['a collection with coin', fromGasWallet({ ...collection(), value: 1n }, null), 'unknown_shape'],
    ['a collection of another token', fromGasWallet(collection(STRANGER), null), 'token_not_allowed'],
    [
      'an authorization for a stranger',
      fromGasWallet({ ...collection(), authorizations: [authorizationFor(STRANGER)] }, null),
      'unknown_contract',
    ],
    [
      'an authorization for every chain',
      fromGasWallet({ ...collection(), authorizations: [authorizationFor(DELEGATE, 1)] }, null),
      'unknown_contract',
    ],
    ['contracts that pay a stranger', fromGasWallet(deployment(STRANGER), null), 'unknown_contract'],
    ['other code', fromGasWallet({ ...deployment(), data: '0x6001' }, null), 'unknown_shape'],
    ['a gas price above the ceiling', fromDeposit({ fees: { gas_price: 201n * GWEI } }), 'gas_price_too_high'],
    ['more gas than the shape needs', fromGasWallet({ gas_limit: 100_001n }), 'gas_limit_too_high'],
    ['a fee above its share of the coin', fromDeposit({ value: 10n ** 14n }), 'fee_too_high'],
  ]
  it.each(refused)('%s', (_, request, rule) => {
    expect(judge(request)).toBe(rule)
  })

  it('a fee above max_fee_per_transaction', () => {
    const limited = { ...rules, feePerTransactionMax: 21_000n * GWEI }
    expect(judge(fromDeposit(), { rules: limited })).toBe('fee_too_high')
  })

  it('calls of a batcher at whose address a deployment for another treasury was signed too', () => {
    const deployments = [
      { batcher: BATCHER, treasury: TREASURY },
      { batcher: BATCHER, treasury: STRANGER },
    ]
    expect(contractsPaying(TREASURY, deployments)).toEqual([])
    expect(contractsPaying(TREASURY, deployments.slice(0, 1))).toEqual(contracts)
  })
})

describe('the limits of an hour', () => {
  const HOUR_MS = 3_600_000
  const spending = (nonce: number, wei: bigint, atMs = 0) => ({ chainId: CHAIN, nonce, wei, atMs })

  it('count a nonce once, with the dearest transaction signed for it', () => {
    const limits = hourlyLimits({ transactionsPerHour: 2, spendPerHour: () => 10n })
    limits.note(spending(0, 4n))
    limits.note(spending(0, 6n))
    expect(limits.exceeded(spending(0, 10n))).toBeNull()
    expect(limits.exceeded(spending(1, 4n))).toBeNull()
    expect(limits.exceeded(spending(1, 5n))).toMatchObject({ rule: 'hourly_spend_reached' })
    limits.note(spending(1, 1n))
    expect(limits.exceeded(spending(2, 1n))).toMatchObject({ rule: 'hourly_count_reached' })
  })

  it('forget an hour later, and do not mix chains', () => {
    const limits = hourlyLimits({ transactionsPerHour: 1, spendPerHour: () => 10n })
    limits.note(spending(0, 10n))
    expect(limits.exceeded({ ...spending(0, 10n), chainId: 1 })).toBeNull()
    expect(limits.exceeded(spending(1, 1n, HOUR_MS - 1))).not.toBeNull()
    expect(limits.exceeded(spending(1, 10n, HOUR_MS))).toBeNull()
  })
})

/** `approve(treasury, 5)`. */
function approval(): string {
  return `0x095ea7b3${'0'.repeat(24)}${TREASURY.slice(2)}${'5'.padStart(64, '0')}`
}

function longer(terms: { data?: string }) {
  return { ...terms, data: `${terms.data}00` }
}
