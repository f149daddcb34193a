import fc, { type Arbitrary } from 'fast-check'

/** What we read of a JSON Schema, as zod writes it. */
export interface JsonSchema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly type?: string
  readonly enum?: readonly string[]
  readonly anyOf?: readonly JsonSchema[]
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
}

/** What programs trip over: ends of strings, half characters, names that JavaScript has a meaning for, numbers that are none. */
export const strange = fc.constantFrom(
  ...['\0', '\ud800', '\u202e', '', ' ', 'null', '__proto__', 'constructor', '-0', 'NaN', '%00', "'; --"],
)

// No name of anybody's: some are looked up (RFC 6761 §6.4).
const hosts = fc.oneof(
  fc.ipV4Extended(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.constantFrom('localhost', 'shop.invalid'),
)
const urls = fc
  .tuple(fc.constantFrom('http', 'https', 'ftp', 'javascript'), hosts, fc.webPath(), fc.webQueryParameters())
  .map(([scheme, host, path, query]) => `${scheme}://${host}${path}?${query}`)

export const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  strange,
  fc.string({ unit: 'binary' }),
  fc.bigInt().map(String),
)

/** Mostly what the schema allows, and at any depth sometimes something else: what is wrong is then all that is wrong. */
export function near(schema: JsonSchema, root: JsonSchema = schema): Arbitrary<unknown> {
  const resolved = schema.$ref === undefined ? schema : definition(schema.$ref, root)
  return fc.oneof({ weight: 9, arbitrary: allowed(resolved, root) }, { weight: 1, arbitrary: anything })
}

function definition(reference: string, root: JsonSchema): JsonSchema {
  const found = root.$defs?.[reference.replace('#/$defs/', '')]
  if (found === undefined) throw new Error(`${reference} is not defined`)
  return found
}

function allowed(schema: JsonSchema, root: JsonSchema): Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((each) => allowed(each, root)))
  switch (schema.type) {
    case 'object':
      return objects(schema, root)
    case 'array':
      return fc.array(near(schema.items ?? {}, root), { maxLength: 5 })
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1_000, 2 ** 31 - 1) })
    case 'string':
      return strings(schema)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return anything
  }
}

function objects({ properties }: JsonSchema, root: JsonSchema): Arbitrary<unknown> {
  if (properties === undefined) return fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, near(schema, root)])),
    { requiredKeys: [] },
  )
  const more = fc.oneof({ weight: 9, arbitrary: fc.constant({}) }, fc.dictionary(strange, anything, { maxKeys: 2 }))
  return fc.tuple(known, more).map(([expected, unexpected]) => ({ ...expected, ...unexpected }))
}

function strings({ pattern, format, minLength, maxLength }: JsonSchema): Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  if (format === 'uri') return urls
  const known = fc.constantFrom('anvil', 'ETH', 'USDC', '31337', 'payment.*')
  const text = fc.string({ unit: 'grapheme', minLength: minLength ?? 0, maxLength: Math.min(maxLength ?? 50, 50) })
  return fc.oneof(known, text)
}
