import { type Address, parseAddress } from '@ctrip/domain/address'
import { type Amount, amount } from '@ctrip/domain/amount'
import { type Hash, parseHash } from '@ctrip/domain/hash'

/** Bytes of any length, lower-case hex with 0x. */
export type Hex = `0x${string}`

/** An object of a JSON-RPC answer: nothing is known of it yet. */
export type RawObject = Readonly<Record<string, unknown>>

/** The text is not 0x and hex digits. */
export class MalformedHexError extends Error {
  override readonly name: string = 'MalformedHexError'

  constructor(field = 'a field') {
    super(`${field} is missing or malformed`)
  }
}

/** The field is not there, or null: perhaps not a lie, but a node that leaves it out. */
export class MissingFieldError extends MalformedHexError {
  override readonly name = 'MissingFieldError'
}

const HEX = /^0x[0-9a-fA-F]*$/
const QUANTITY = /^0x[0-9a-fA-F]{1,64}$/

/** 0x-hex of any length. Cheap: where the digits matter, whoever decodes them looks at each. */
export function hexField(object: RawObject, field: string): string {
  const value = object[field]
  if (typeof value === 'string' && value.startsWith('0x')) return value
  throw value === undefined || value === null ? new MissingFieldError(field) : new MalformedHexError(field)
}

export function optionalHexField(object: RawObject, field: string): string | null {
  return object[field] === undefined || object[field] === null ? null : hexField(object, field)
}

export function bytesField(object: RawObject, field: string): Hex {
  const value = hexField(object, field)
  if (!HEX.test(value) || value.length % 2 !== 0) throw new MalformedHexError(field)
  return value.toLowerCase() as Hex
}

export function hashField(object: RawObject, field: string): Hash {
  const hash = parseHash(hexField(object, field))
  if (hash === null) throw new MalformedHexError(field)
  return hash
}

/** Whether the field is this hash. Most nodes spell it as we do, and a thousand logs name the same two hashes. */
export function isHash(object: RawObject, field: string, expected: Hash): boolean {
  return object[field] === expected || hashField(object, field) === expected
}

export function addressField(object: RawObject, field: string): Address {
  const address = parseAddress(hexField(object, field).toLowerCase())
  if (address === null) throw new MalformedHexError(field)
  return address
}

export function amountField(object: RawObject, field: string): Amount {
  return amountOf(object[field], field)
}

/** A quantity that stands alone, such as a balance. */
export function amountOf(value: unknown, field = 'the result'): Amount {
  if (typeof value !== 'string' || !QUANTITY.test(value)) throw new MalformedHexError(field)
  return amount(BigInt(value))
}

/** A block number, an index, seconds: what fits a JavaScript number exactly. */
export function numberField(object: RawObject, field: string): number {
  const value = hexField(object, field)
  const number = Number(value)
  if (!QUANTITY.test(value) || !Number.isSafeInteger(number)) throw new MalformedHexError(field)
  return number
}

/** Whether the field is this number; `spelling` is its usual one. */
export function isNumber(object: RawObject, field: string, expected: number, spelling: string): boolean {
  return object[field] === spelling || numberField(object, field) === expected
}

export function hexItems(object: RawObject, field: string): readonly string[] {
  const items = object[field]
  if (!Array.isArray(items)) throw new MalformedHexError(field)
  for (const item of items as unknown[]) {
    if (typeof item !== 'string' || !item.startsWith('0x')) throw new MalformedHexError(field)
  }
  return items as string[]
}

export function objectsField(object: RawObject, field: string): readonly RawObject[] {
  return rawObjects(object[field], field)
}

export function rawObjects(value: unknown, field: string): readonly RawObject[] {
  if (!Array.isArray(value) || !value.every(isObject)) throw new MalformedHexError(field)
  return value
}

export function rawObject(value: unknown, field: string): RawObject {
  if (!isObject(value)) throw new MalformedHexError(field)
  return value
}

function isObject(value: unknown): value is RawObject {
  return typeof value === 'object' && value !== null
}
