import { type Address, parseAddress, toChecksum } from '@ctrip/domain/address'
import { type Amount, parseAmount } from '@ctrip/domain/amount'
import type { ConfirmationPolicy, FinalityPolicy } from '@ctrip/domain/confirmations'
import { z } from 'zod'
import type { ChainConfig, TokenConfig } from './chain-config'
import { SecretUrl } from './secret-url'

const DECIMALS_MAX = 77 // 10⁷⁷ < 2²⁵⁶ < 10⁷⁸
const DEPTH_MAX = 100_000
const ZERO_ADDRESS = `0x${'0'.repeat(40)}`
// EIP-7708 lets this system address log native transfers in the form of token transfers: counting both would credit twice.
const NATIVE_LOG_ADDRESS = `0x${'f'.repeat(39)}e`

const integer = (min: number, max: number) =>
  z
    .number({ error: `must be a whole number from ${min} to ${max}` })
    .refine(
      (value) => Number.isSafeInteger(value) && value >= min && value <= max,
      `must be a whole number from ${min} to ${max}`,
    )

/** Lower-case and upper-case spellings carry no checksum; where money goes, one is asked for. */
const checksummed = z.string().transform((text, ctx): Address => {
  const address = parseAddress(text)
  if (address !== null && toChecksum(address) === text) return address
  ctx.addIssue({ code: 'custom', message: addressMessage(address) })
  return z.NEVER
})

function addressMessage(address: Address | null): string {
  if (address === null) return 'is not an address, or its EIP-55 checksum is wrong'
  return `has no EIP-55 checksum, which protects money from typing errors: if it is right, write ${toChecksum(address)}`
}

const treasury = checksummed.refine(
  (address) => address !== ZERO_ADDRESS,
  'is the zero address: what is sent there is gone',
)
const contract = checksummed.refine(
  (address) => address !== NATIVE_LOG_ADDRESS && address !== ZERO_ADDRESS,
  'is a system address, not a token',
)

const money = z
  .string({ error: 'must be a quoted integer in base units, such as "1500000"' })
  .transform((text, ctx): Amount => {
    const value = parseAmount(text)
    if (value !== null) return value
    ctx.addIssue({ code: 'custom', message: 'must be a quoted integer in base units, such as "1500000"' })
    return z.NEVER
  })

const url = (schemes: readonly string[]) =>
  z.string().transform((text, ctx): SecretUrl => {
    const parsed = URL.parse(text)
    if (parsed !== null && schemes.includes(parsed.protocol)) return new SecretUrl(parsed)
    // Without the text: it may hold a key.
    ctx.addIssue({
      code: 'custom',
      message: `must be a URL that starts with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
    })
    return z.NEVER
  })

// Not digits alone: a chain is asked for by name or by id.
const name = z
  .string()
  .regex(
    /^(?=.*[a-z])[a-z0-9][a-z0-9-]{0,31}$/,
    'must be lower-case letters, digits and dashes, at most 32, with a letter in it',
  )
const symbol = z
  .string()
  .regex(/^(?!0x)[\p{L}\p{N}][\p{L}\p{N}.$₮_+-]{0,19}$/u, 'must be letters, digits and .$_+-, at most 20')

const provider = z
  .strictObject({ name, http: url(['http:', 'https:']), ws: url(['ws:', 'wss:']).nullish() })
  .transform(({ ws, ...rest }) => ({ ...rest, ws: ws ?? null }))

const depth = integer(1, DEPTH_MAX)

const confirmations = z
  .union(
    [
      z.strictObject({ depth }),
      z.strictObject({ tag: z.enum(['safe', 'finalized']) }),
      z.array(z.strictObject({ below: money.optional(), depth })).min(1),
    ],
    { error: 'must be {depth: 12}, {tag: safe}, {tag: finalized} or [{below: "1000000000", depth: 3}, {depth: 12}]' },
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
    error: 'must be {depth: 64} or {tag: finalized}',
  })
  .transform(
    (policy): FinalityPolicy => ('depth' in policy ? { kind: 'depth', ...policy } : { kind: 'tag', ...policy }),
  )

const native = z
  .strictObject({ symbol, decimals: integer(0, DECIMALS_MAX).default(18), min_sweep: money.default(0n as Amount) })
  .transform(({ min_sweep, ...rest }) => ({ ...rest, minSweep: min_sweep }))

const decimalText = /^(0|[1-9]\d{0,30})(\.\d{1,36})?$/
const price = z
  .string({ error: 'must be a quoted decimal, such as "0.00031"' })
  .regex(decimalText, 'must be a quoted decimal, such as "0.00031"')

const token = z.strictObject({
  symbol,
  contract,
  decimals: integer(0, DECIMALS_MAX),
  min_sweep: money.default(0n as Amount),
  native_price: price.nullable().default(null),
})

/** Units of native per token → base units of native per base unit of token, exactly. */
function baseUnitPrice(text: string, nativeDecimals: number, tokenDecimals: number): TokenConfig['nativePrice'] {
  const [whole = '', fraction = ''] = text.split('.')
  return {
    numerator: BigInt(whole + fraction) * 10n ** BigInt(nativeDecimals),
    denominator: 10n ** BigInt(tokenDecimals + fraction.length),
  }
}

const gwei = z
  .union([z.number(), z.string()], { error: 'must be a number of gwei above 0, with at most 9 decimals' })
  .transform(String)
  .refine(
    (text) => /^\d{1,9}(\.\d{1,9})?$/.test(text) && Number(text) > 0,
    'must be a number of gwei above 0, with at most 9 decimals',
  )
  .transform((text) => {
    const [whole = '', fraction = ''] = text.split('.')
    return BigInt(whole + fraction.padEnd(9, '0'))
  })

const batch = z
  .strictObject({ max_items: integer(1, 500).default(100), max_wait_seconds: integer(0, 86_400).default(5) })
  .transform((parsed) => ({ maxItems: parsed.max_items, maxWaitSeconds: parsed.max_wait_seconds }))

const sweep = z
  .strictObject({
    max_gas_price_gwei: gwei.prefault(200),
    max_fee_bps: integer(0, 10_000).default(100),
    max_fee_per_day: money.nullable().default(null),
    max_fee_per_transaction: money.nullable().default(null),
    batch: batch.prefault({}),
  })
  .transform((parsed) => ({
    maxGasPriceWei: parsed.max_gas_price_gwei,
    maxFeeBps: parsed.max_fee_bps,
    maxFeePerDay: parsed.max_fee_per_day,
    maxFeePerTransaction: parsed.max_fee_per_transaction,
    batch: parsed.batch,
  }))

const publicUrl = z
  .url({ protocol: /^https?$/ })
  .nullable()
  .default(null)

const chain = z
  .strictObject({
    name,
    chain_id: integer(1, Number.MAX_SAFE_INTEGER),
    providers: z.array(provider).min(1, 'at least one provider is needed').max(16),
    quorum: integer(1, 16).default(1),
    start_block: z
      .union([z.literal('latest'), integer(0, Number.MAX_SAFE_INTEGER)], { error: 'must be latest or a block number' })
      .default('latest'),
    block_time_ms: integer(1, 3_600_000).default(1000),
    confirmations: confirmations.prefault({ depth: 3 }),
    finality: finality.prefault({ depth: 64 }),
    verify: z.enum(['proof', 'structural']).default('proof'),
    internal_transfers: z.enum(['trace', 'none']).default('trace'),
    confirmation_slo_seconds: integer(1, 604_800).default(60),
    explorer_url: publicUrl,
    public_rpc_url: publicUrl,
    native,
    tokens: z.array(token).max(500).default([]),
    treasury,
    sweep: sweep.prefault({}),
  })
  .transform(
    (parsed): ChainConfig => ({
      name: parsed.name,
      chainId: parsed.chain_id,
      providers: parsed.providers,
      quorum: parsed.quorum,
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
    }),
  )

/** chains.yaml, as the contract (§5) has it. Unknown keys are refused: a misspelt limit would be no limit. */
export const chainsSchema = z.strictObject({ chains: z.array(chain).min(1, 'at least one chain is needed') })
