import { z } from 'zod'

// The requests and answers of the signer: JSON over HTTP. Money, gas and fees are decimal strings, bytes are lower-case hex with 0x.

export const ADDRESS = /^0x[0-9a-f]{40}$/
const WORD = /^0x[0-9a-f]{64}$/
const BYTES = /^0x([0-9a-f]{2})*$/
/** 2²⁵⁶ has 78 digits. */
const UNSIGNED = /^(0|[1-9]\d{0,77})$/
/** The n-th address of a wallet is at branch n / 2³¹, index n mod 2³¹, in 2²⁰ branches. */
const INDEX_MAX = 2 ** 51 - 1
const AUTHORIZATIONS_MAX = 500

/** A request is refused above this size: 500 items of a batch with their authorizations take a quarter of it. */
export const REQUEST_BYTES_MAX = 1_000_000

export const ROUTES = {
  describe: '/v1/describe',
  depositAddress: '/v1/deposit-addresses',
  transaction: '/v1/transactions',
  authorization: '/v1/authorizations',
} as const

const address = z.string().regex(ADDRESS)
const word = z.string().regex(WORD)
const unsigned = z.string().regex(UNSIGNED).transform(BigInt)
const chainId = z.int().min(1).max(Number.MAX_SAFE_INTEGER)
const nonce = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
const index = z.int().min(0).max(INDEX_MAX)

const gasWalletAccount = z.strictObject({ kind: z.literal('gas_wallet'), address })
const depositAccount = z.strictObject({ kind: z.literal('deposit'), address, index })

const signedAuthorization = z.strictObject({
  chain_id: chainId,
  address,
  nonce,
  y_parity: z.union([z.literal(0), z.literal(1)]),
  r: word,
  s: word,
})

const fees = z.union([
  z.strictObject({ max_fee_per_gas: unsigned, max_priority_fee_per_gas: unsigned }),
  z.strictObject({ gas_price: unsigned }),
])

/** `recipient_index` names the deposit address that a top-up goes to; null for every other transaction. */
export const transactionRequest = z.strictObject({
  account: z.discriminatedUnion('kind', [gasWalletAccount, depositAccount]),
  recipient_index: index.nullable(),
  transaction: z.strictObject({
    chain_id: chainId,
    nonce,
    to: address.nullable(),
    value: unsigned,
    data: z.string().regex(BYTES),
    gas_limit: unsigned,
    fees,
    authorizations: z.array(signedAuthorization).max(AUTHORIZATIONS_MAX),
  }),
})
export type TransactionRequest = z.output<typeof transactionRequest>
export type RequestedTransaction = TransactionRequest['transaction']
export type RequestedAuthorization = RequestedTransaction['authorizations'][number]

export const authorizationRequest = z.strictObject({
  account: depositAccount,
  authorization: z.strictObject({ chain_id: chainId, address, nonce }),
})
export type AuthorizationRequest = z.output<typeof authorizationRequest>

export const depositAddressRequest = z.strictObject({ index })

export const transactionAnswer = z.object({ raw: z.string().regex(BYTES), hash: word })
export type TransactionAnswer = z.output<typeof transactionAnswer>

export const authorizationAnswer = signedAuthorization.pick({ y_parity: true, r: true, s: true })
export type AuthorizationAnswer = z.output<typeof authorizationAnswer>

export const depositAddressAnswer = z.object({ address })

/** The wallets behind the signer, and the contracts of each chain that it signs calls of. */
export const description = z.object({
  wallet_fingerprint: z.string().regex(/^[0-9a-f]{16}$/),
  gas_wallet: address,
  chains: z.array(z.object({ chain_id: chainId, treasury: address, batchers: z.array(address) })),
  log: z.object({ entries: z.int(), head: z.string() }),
})
export type Description = z.output<typeof description>

/** The rules of the signer's policy, as refusals name them. */
export const REFUSALS = [
  'unknown_chain',
  'account_mismatch',
  'unknown_shape',
  'token_not_allowed',
  'recipient_not_ours',
  'top_up_too_large',
  'unknown_contract',
  'gas_price_too_high',
  'gas_limit_too_high',
  'fee_too_high',
  'hourly_count_reached',
  'hourly_spend_reached',
] as const
export type RefusalRule = (typeof REFUSALS)[number]

/** `refused`: a rule of the policy; asked again, the answer is the same until the configuration or the hour changes. */
export const failure = z.object({
  error: z.discriminatedUnion('code', [
    z.object({ code: z.literal('refused'), rule: z.enum(REFUSALS), detail: z.string() }),
    z.object({ code: z.enum(['malformed', 'unavailable']), detail: z.string() }),
  ]),
})
export type Failure = z.output<typeof failure>

/** A message as JSON, big integers as decimal strings. */
export function toJson(message: unknown): string {
  return JSON.stringify(message, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}
