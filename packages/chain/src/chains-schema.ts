import { type Amount, parseAmount } from '@ctrip/domain/amount'
import type { ConfirmationPolicy, FinalityPolicy } from '@ctrip/domain/confirmations'
import { z } from 'zod'
import { CHAIN_FAMILIES, familyOf } from './blocks/chain-family'
import type { ChainConfig, TokenConfig } from './chain-config'
import { checksummed, integer, oneOf, section } from './config-fields'
import { currency, price } from './price-schema'
import { SecretUrl } from './secret-url'

const DECIMALS_MAX = 77 // 10⁷⁷ < 2²⁵⁶ < 10⁷⁸
const DEPTH_MAX = 100_000
const ZERO_ADDRESS = `0x${'0'.repeat(40)}`
// EIP-7708 lets this system address log native transfers in the form of token transfers: counting both would credit twice.
const NATIVE_LOG_ADDRESS = `0x${'f'.repeat(39)}e`

const contract = checksummed.refine(
  (address) => address !== NATIVE_LOG_ADDRESS && address !== ZERO_ADDRESS,
  'is a system address, not a token',
)

const MONEY = 'must be a quoted integer in base units, such as "1500000"'
const money = z.string({ error: MONEY }).transform((text, ctx): Amount => {
  const value = parseAmount(text)
  if (value !== null) return value
  ctx.addIssue({ code: 'custom', message: MONEY })
  return z.NEVER
})

const url = (...schemes: string[]) => {
  const expected = `must be a URL that starts with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`
  return z.string({ error: expected }).transform((text, ctx): SecretUrl => {
    const parsed = URL.parse(text)
    if (parsed !== null && schemes.includes(parsed.protocol)) return new SecretUrl(parsed)
    ctx.addIssue({ code: 'custom', message: expected }) // without the text: it may hold a key
    return z.NEVER
  })
}

// Not digits alone: a chain is asked for by name or by id.
const NAME = 'must be lower-case letters, digits and dashes, at most 32, with a letter in it'
const name = z.string({ error: NAME }).regex(/^(?=.*[a-z])[a-z0-9][a-z0-9-]{0,31}$/, NAME)
const SYMBOL = 'must be letters, digits and .$_+-, at most 20'
const symbol = z.string({ error: SYMBOL }).regex(/^(?!0x)[\p{L}\p{N}][\p{L}\p{N}.$₮_+-]{0,19}$/u, SYMBOL)

const provider = section(
  { name, http: url('http:', 'https:'), ws: url('ws:', 'wss:').nullish() },
  '{name: local, http: "https://…"}',
).transform(({ ws, ...rest }) => ({ ...rest, ws: ws ?? null }))

const depth = integer(1, DEPTH_MAX)

const CONFIRMATIONS = `must be {depth: 12}, {tag: safe}, {tag: finalized} or [{below: "1000000000", depth: 3}, {depth: 12}], and no depth below 1 or above ${DEPTH_MAX}`
const confirmations = z
  .union(
    [
      z.strictObject({ depth }),
      z.strictObject({ tag: z.enum(['safe', 'finalized']) }),
      z.array(z.strictObject({ below: money.optional(), depth })).min(1, CONFIRMATIONS),
    ],
    {
      error: CONFIRMATIONS,
    },
  )
  .transform((policy): ConfirmationPolicy => {
    if (Array.isArray(policy))
      return { kind: 'tiers', tiers: policy.map((tier) => ({ below: tier.below ?? null, depth: tier.depth })) }
    return 'depth' in policy ? { kind: 'depth', ...policy } : { kind: 'tag', ...policy }
  })
  .refine(tiersAscend, 'tiers must ascend in `below` and `depth`, and only the last has no `below`')

function tiersAscend(policy: ConfirmationPolicy): boolean {
  if (policy.kind !== 'tiers') return true
  const { tiers } = policy
  return tiers.every((tier, at) => {
    const before = tiers[at - 1]
    if ((tier.below === null) !== (at === tiers.length - 1)) return false
    return (
      before === undefined || (before.depth <= tier.depth && (tier.below === null || (before.below ?? 0n) < tier.below))
    )
  })
}

const finality = z
  .union([z.strictObject({ depth }), z.strictObject({ tag: z.literal('finalized') })], {
    error: `must be {depth: 64} or {tag: finalized}, and no depth below 1 or above ${DEPTH_MAX}`,
  })
  .transform(
    (policy): FinalityPolicy => ('depth' in policy ? { kind: 'depth', ...policy } : { kind: 'tag', ...policy }),
  )

const native = section(
  {
    symbol,
    decimals: integer(0, DECIMALS_MAX).default(18),
    min_sweep: money.default(0n as Amount),
    price: price.nullable().default(null),
  },
  '{symbol: ETH, decimals: 18}',
).transform(({ min_sweep, ...rest }) => ({ ...rest, minSweep: min_sweep }))

const NATIVE_PRICE = 'must be a quoted decimal, such as "0.00031"'
const nativePrice = z.string({ error: NATIVE_PRICE }).regex(/^(0|[1-9]\d{0,30})(\.\d{1,36})?$/, NATIVE_PRICE)

const token = section(
  {
    symbol,
    contract,
    decimals: integer(0, DECIMALS_MAX),
    min_sweep: money.default(0n as Amount),
    native_price: nativePrice.nullable().default(null),
    price: price.nullable().default(null),
  },
  '{symbol: USDC, contract: "0x…", decimals: 6}',
)

/** Units of native per token → base units of native per base unit of token, exactly. */
function baseUnitPrice(text: string, nativeDecimals: number, tokenDecimals: number): TokenConfig['nativePrice'] {
  const [whole = '', fraction = ''] = text.split('.')
  return {
    numerator: BigInt(whole + fraction) * 10n ** BigInt(nativeDecimals),
    denominator: 10n ** BigInt(tokenDecimals + fraction.length),
  }
}

const gweiOf = (error: string, isValid: (gwei: number) => boolean) =>
  z
    .union([z.number(), z.string()], { error })
    .transform(String)
    .refine((text) => /^\d{1,9}(\.\d{1,9})?$/.test(text) && isValid(Number(text)), error)
    .transform((text) => {
      const [whole = '', fraction = ''] = text.split('.')
      return BigInt(whole + fraction.padEnd(9, '0'))
    })
const gwei = gweiOf('must be a number of gwei above 0, with at most 9 decimals', (value) => value > 0)
const tipGwei = gweiOf('must be a number of gwei, with at most 9 decimals', () => true)

const batch = section(
  { max_items: integer(1, 500).default(100), max_wait_seconds: integer(0, 86_400).default(5) },
  '{max_items: 100, max_wait_seconds: 5}',
).transform((parsed) => ({ maxItems: parsed.max_items, maxWaitSeconds: parsed.max_wait_seconds }))

const sweep = section(
  {
    max_gas_price_gwei: gwei.prefault(200),
    min_tip_gwei: tipGwei.prefault(0),
    max_fee_bps: integer(0, 10_000).default(100),
    max_fee_per_day: money.nullable().default(null),
    max_fee_per_transaction: money.nullable().default(null),
    batch: batch.prefault({}),
  },
  '{max_gas_price_gwei: 200, max_fee_bps: 100}',
)
  .refine(({ min_tip_gwei: tip, max_gas_price_gwei: ceiling }) => !(ceiling > 0n) || tip < ceiling, {
    path: ['min_tip_gwei'],
    error: 'must be below max_gas_price_gwei, or nothing is ever signed',
  })
  .transform((parsed) => ({
    maxGasPriceWei: parsed.max_gas_price_gwei,
    minTipWei: parsed.min_tip_gwei,
    maxFeeBps: parsed.max_fee_bps,
    maxFeePerDay: parsed.max_fee_per_day,
    maxFeePerTransaction: parsed.max_fee_per_transaction,
    batch: parsed.batch,
  }))

const publicUrl = z
  .url({ protocol: /^https?$/, error: 'must be a URL that starts with http:// or https://, or null' })
  .nullable()
  .default(null)

const DISPLAY_NAME = 'must be the name that payers read, at most 64 characters on one line'
const displayName = z
  .string({ error: DISPLAY_NAME })
  .trim()
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,64}$/u, DISPLAY_NAME)

const PROVIDERS = 'must be a list of providers, at least 1 and at most 16'
const TOKENS = 'must be a list of tokens, at most 500'
const chain = section(
  {
    name,
    display_name: displayName.optional(),
    testnet: z.boolean({ error: 'must be true or false' }).default(false),
    chain_id: integer(1, Number.MAX_SAFE_INTEGER),
    family: oneOf(...CHAIN_FAMILIES).optional(),
    providers: z.array(provider, { error: PROVIDERS }).min(1, PROVIDERS).max(16, PROVIDERS),
    quorum: integer(1, 16).default(1),
    require_agreement: z.boolean({ error: 'must be true or false' }).default(false),
    start_block: z
      .union([z.literal('latest'), integer(0, Number.MAX_SAFE_INTEGER)], { error: 'must be latest or a block number' })
      .default('latest'),
    block_time_ms: integer(1, 3_600_000).default(1000),
    confirmations: confirmations.prefault({ depth: 3 }),
    finality: finality.prefault({ depth: 64 }),
    verify: oneOf('proof', 'structural').default('proof'),
    internal_transfers: oneOf('trace', 'none').default('trace'),
    confirmation_slo_seconds: integer(1, 604_800).default(60),
    explorer_url: publicUrl,
    public_rpc_url: publicUrl,
    native,
    tokens: z.array(token, { error: TOKENS }).max(500, TOKENS).default([]),
    treasury: checksummed,
    sweep: sweep.prefault({}),
    sequencer_feed: checksummed.nullable().default(null),
  },
  '{name: …, chain_id: …, providers: […], native: …, treasury: …}',
).transform(
  (parsed): Omit<ChainConfig, 'currencies'> => ({
    name: parsed.name,
    displayName: parsed.display_name ?? parsed.name,
    testnet: parsed.testnet,
    chainId: parsed.chain_id,
    family: parsed.family ?? familyOf(parsed.chain_id),
    providers: parsed.providers,
    quorum: parsed.quorum,
    requireAgreement: parsed.require_agreement,
    startBlock: parsed.start_block,
    blockTimeMs: parsed.block_time_ms,
    confirmations: parsed.confirmations,
    finality: parsed.finality,
    verify: parsed.verify,
    internalTransfers: parsed.internal_transfers,
    confirmationSloSeconds: parsed.confirmation_slo_seconds,
    explorerUrl: parsed.explorer_url,
    publicRpcUrl: parsed.public_rpc_url,
    native: parsed.native,
    tokens: parsed.tokens.map(({ min_sweep, native_price, ...rest }) => ({
      ...rest,
      minSweep: min_sweep,
      nativePrice: native_price === null ? null : baseUnitPrice(native_price, parsed.native.decimals, rest.decimals),
    })),
    treasury: parsed.treasury,
    sweep: parsed.sweep,
    sequencerFeed: parsed.sequencer_feed,
  }),
)

const CHAINS = 'must be a list of chains, at least one'
const CURRENCIES = 'must be a list of currencies, at most 200'

/** chains.yaml, as the contract (§5, §8) has it. Each currency is given to the chain that its feed is on. */
export const chainsSchema = section(
  {
    chains: z.array(chain, { error: CHAINS }).min(1, CHAINS),
    currencies: z.array(currency, { error: CURRENCIES }).max(200, CURRENCIES).default([]),
  },
  'chains: […]',
).transform(({ chains, currencies }) => ({
  chains: chains.map(
    (one): ChainConfig => ({
      ...one,
      currencies: currencies.filter((feed) => feed.chain === one.name).map(({ chain: _chain, ...feed }) => feed),
    }),
  ),
}))
