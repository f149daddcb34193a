import { parseRate, type Rate } from '@ctrip/domain/rates'
import { isCurrency } from '@ctrip/domain/rates/currencies'
import { z } from 'zod'
import type { PriceConfig } from './chain-config'
import { checksummed, integer, section } from './config-fields'

/** A day and an hour: the feeds of stable currencies are updated at least once a day. */
const PEG_AGE_SECONDS_DEFAULT = 90_000
const JUMP_BPS_DEFAULT = 2_000
const DEVIATION_BPS_DEFAULT = 200
const AGE_SECONDS_MAX = 315_360_000

const CODE = 'must be a currency of ISO 4217 in capitals, such as USD'
const code = z.string({ error: CODE }).refine(isCurrency, CODE)

const FIXED = 'must be a quoted decimal above 0 with at most 18 digits after the point, such as "1"'
const fixed = z.string({ error: FIXED }).transform((text, ctx): Rate => {
  const rate = parseRate(text)
  if (rate !== null) return rate
  ctx.addIssue({ code: 'custom', message: FIXED })
  return z.NEVER
})

const maxAge = integer(1, AGE_SECONDS_MAX)
const maxJump = integer(1, 10_000)

const EXAMPLE = '{currency: USD, fixed: "1"} or {currency: USD, feed: "0x…", max_age_seconds: 3600}'

/** Of which kind of price each key is. */
const KEYS = {
  fixed: ['peg_feed', 'max_deviation_bps'],
  feed: ['max_jump_bps'],
} as const

/** The price of an asset: fixed by the operator, or read from a feed on the asset's chain. */
export const price = section(
  {
    currency: code,
    fixed: fixed.optional(),
    peg_feed: checksummed.optional(),
    max_deviation_bps: integer(1, 10_000).optional(),
    feed: checksummed.optional(),
    max_age_seconds: maxAge.optional(),
    max_jump_bps: maxJump.optional(),
  },
  EXAMPLE,
).transform((given, ctx): PriceConfig => {
  const refuse = (key: string, message: string) => {
    ctx.addIssue({ code: 'custom', path: [key], message, input: given })
    return z.NEVER
  }
  const { currency, fixed: rate, feed } = given
  if ((rate === undefined) === (feed === undefined)) return refuse('feed', `must be given, or \`fixed\`, and not both`)
  for (const key of KEYS[rate === undefined ? 'fixed' : 'feed'])
    if (given[key] !== undefined) refuse(key, `is only for a price with \`${rate === undefined ? 'fixed' : 'feed'}\``)
  if (rate !== undefined) return { kind: 'fixed', currency, rate, peg: pegOf(given, refuse) }
  if (feed === undefined || given.max_age_seconds === undefined)
    return refuse('max_age_seconds', 'is missing: an older price of the feed is not used, in seconds, such as 3600')
  return {
    kind: 'feed',
    currency,
    feed,
    maxAgeSeconds: given.max_age_seconds,
    maxJumpBps: given.max_jump_bps ?? JUMP_BPS_DEFAULT,
  }
})

type Given = {
  readonly [Key in 'max_age_seconds' | 'max_deviation_bps']?: number | undefined
} & { readonly peg_feed?: z.output<typeof checksummed> | undefined }

function pegOf(given: Given, refuse: (key: string, message: string) => never) {
  if (given.peg_feed !== undefined)
    return {
      feed: given.peg_feed,
      maxAgeSeconds: given.max_age_seconds ?? PEG_AGE_SECONDS_DEFAULT,
      maxDeviationBps: given.max_deviation_bps ?? DEVIATION_BPS_DEFAULT,
    }
  for (const key of ['max_age_seconds', 'max_deviation_bps'] as const)
    if (given[key] !== undefined) refuse(key, 'is only for a fixed price with a `peg_feed`')
  return null
}

/** Dollars for one unit of a currency, from a feed on one of the chains. */
export const currency = section(
  {
    code: code.refine((text) => text !== 'USD', 'is the dollar, in which the others are told: it needs no feed'),
    chain: z.string({ error: 'must be the name of a chain in this file' }),
    feed: checksummed,
    max_age_seconds: maxAge,
    max_jump_bps: maxJump.default(JUMP_BPS_DEFAULT),
  },
  '{code: EUR, chain: ethereum, feed: "0x…", max_age_seconds: 90000}',
).transform((given) => ({
  code: given.code,
  chain: given.chain,
  feed: given.feed,
  maxAgeSeconds: given.max_age_seconds,
  maxJumpBps: given.max_jump_bps,
}))
