import { isIP } from 'node:net'
import { z } from 'zod'

// The pieces that schemas of the environment are made of. Descriptions say what is expected; loadConfig prints them.

const INTEGER = /^-?(0|[1-9]\d{0,14})$/

/** A whole number within bounds, both included. */
export function integer(bounds: { readonly min: number; readonly max: number }) {
  return z
    .string()
    .refine((text) => INTEGER.test(text), 'not a whole number')
    .transform(Number)
    .refine((value) => value >= bounds.min && value <= bounds.max, `not within ${bounds.min} … ${bounds.max}`)
    .describe(`a whole number, ${bounds.min} … ${bounds.max}`)
}

/** A TCP port; 0 lets the system choose one. */
export function port() {
  return integer({ min: 0, max: 65_535 }).describe('a TCP port, 0 … 65535')
}

/** A URL of one of these schemes, such as `postgresql`. It may carry credentials, so it is never printed. */
export function url(...schemes: [string, ...string[]]) {
  return z
    .string()
    .refine(
      (text) => schemes.some((scheme) => URL.canParse(text) && new URL(text).protocol === `${scheme}:`),
      'not such a URL',
    )
    .describe(`a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`)
}

/** A secret of at least this many characters. */
export function secret(charactersMin = 1) {
  return z
    .string()
    .min(charactersMin, `shorter than ${charactersMin} characters`)
    .describe(`a secret of ${charactersMin} characters or more`)
}

/** Bytes in hex, with or without 0x; yields lower-case digits without it. */
export function hexBytes(bytes: number) {
  const pattern = new RegExp(`^(0x)?[0-9a-fA-F]{${2 * bytes}}$`)
  return z
    .string()
    .regex(pattern, `not ${2 * bytes} hexadecimal digits`)
    .transform((text) => text.replace(/^0x/, '').toLowerCase())
    .describe(`${2 * bytes} hexadecimal digits`)
}

/** A list separated by commas, of which each part is checked by `item`. */
export function list<Item extends z.ZodType<unknown, string>>(item: Item) {
  return z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(item))
    .describe(`a list, separated by commas: ${item.description ?? 'text'}`)
}

/** A network such as 10.0.0.0/8 or fd00::/8 (RFC 4632, RFC 4291). */
export function cidr() {
  return z
    .string()
    .refine(isCidr, 'not a network such as 10.0.0.0/8')
    .describe('networks such as 10.0.0.0/8 or fd00::/8')
}

export function flag() {
  return z
    .enum(['true', 'false', '1', '0'], 'neither true nor false')
    .transform((text) => text === 'true' || text === '1')
    .describe('true or false')
}

export function path() {
  return z.string().describe('the path of a file')
}

export function logLevel() {
  return z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'not a log level')
    .describe('trace, debug, info, warn, error, fatal or silent')
}

function isCidr(text: string): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return rest.length === 0 && INTEGER.test(prefix) && Number(prefix) >= 0 && Number(prefix) <= bits
}
