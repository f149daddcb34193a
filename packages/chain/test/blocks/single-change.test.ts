import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { type BlockCodec, codecOf } from '../../src/blocks/block-codec'
import { contentsDigest } from '../../src/blocks/contents-digest'
import { type Keccak256, loadKeccak256 } from '../../src/blocks/keccak'
import { type RawBlock, transactionType, type UnprovenBlock } from '../../src/blocks/read-block'
import { verifyBlock } from '../../src/blocks/verify-block'
import { numberField, objectsField, type RawObject } from '../../src/hex'
import { mineEveryKind } from '../helpers/every-kind'
import { fixturesThatShow, loadBlock } from '../helpers/fixtures'
import { type Lab, openLab } from '../helpers/lab'

type Path = readonly (string | number)[]

let lab: Lab
let raw: RawBlock
let keccak256: Keccak256

beforeAll(async () => {
  lab = await openLab()
  keccak256 = await loadKeccak256()
  raw = await mineEveryKind(lab)
})
afterAll(() => lab.close())

interface Subject {
  readonly raw: RawBlock
  readonly codec: BlockCodec
}

/** Verifies what a provider sent for the subject's height. */
const prove = ({ raw: honest, codec }: Subject, given = honest) =>
  verifyBlock({ number: numberField(honest.block, 'number') }, given, 'proof', keccak256, codec)

const local = (): Subject => ({ raw, codec: codecOf('ethereum') })

/** All that the proof must cover: everything but the senders that only a signature tells. */
function provenPart(block: UnprovenBlock, { raw: honest, codec }: Subject) {
  const types = objectsField(honest.block, 'transactions').map(transactionType)
  const signed = (at: number) => codec.transactionTypes.get(types[at] ?? 0)?.sender === 'signature'
  return {
    ...block,
    transactions: block.transactions.map(({ from, signed: _, ...rest }, at) => (signed(at) ? rest : { from, ...rest })),
  }
}

/** Paths of every value in the responses, containers too. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const below = Object.entries(value).flatMap(([key, part]) =>
    pathsOf(part, [...path, Array.isArray(value) ? Number(key) : key]),
  )
  return path.length < 2 ? below : [path, ...below]
}

type Change = (value: unknown, random: number) => unknown

const CHANGES: Record<string, Change> = {
  'one bit': (value, random) => (typeof value === 'string' ? flipBit(value, random) : 'not hex'),
  'one digit more': (value) => (typeof value === 'string' ? `${value}0` : '0x0'),
  'one digit less': (value) => (typeof value === 'string' ? value.slice(0, -1) : null),
  'one byte of zeros more': (value) => (typeof value === 'string' ? `${value}00` : {}),
  nothing: () => null,
  'another type': (value) => (typeof value === 'object' ? '0x' : {}),
  'one item less': (value, random) =>
    Array.isArray(value) && value.length > 0 ? value.toSpliced(random % value.length, 1) : 7,
  'one item twice': (value, random) =>
    Array.isArray(value) && value.length > 0
      ? value.toSpliced(random % value.length, 0, value[random % value.length])
      : true,
  'two items changed over': (value) => (Array.isArray(value) && value.length > 1 ? value.toReversed() : '0x01'),
}

/** Changes of an object as a whole: what stands under a name is also said by its absence, its place and its neighbours. */
const OBJECT_CHANGES: Record<string, (object: RawObject, random: number) => unknown> = {
  'a field left out': (object, random) => without(object, keyAt(object, random)),
  'a field under the name of another': (object, random) => {
    const [from, to] = [keyAt(object, random), keyAt(object, random >> 8)]
    return { ...without(object, from), [to]: object[from] }
  },
  'two fields changed over': (object, random) => {
    const [one, other] = [keyAt(object, random), keyAt(object, random >> 8)]
    return { ...object, [one]: object[other], [other]: object[one] }
  },
  'the root 0x01 for the status': (object) => ({ ...without(object, 'status'), root: '0x01' }),
  'the root 0x for the status': (object) => ({ ...without(object, 'status'), root: '0x' }),
  'a root beside the status': (object) => ({ ...object, root: `0x${'01'.repeat(32)}` }),
  'a status beside the root': (object) => ({ ...object, status: '0x1' }),
  'no type': (object) => ({ ...object, type: null }),
  'another kind of parity': (object) => ({ ...object, yParity: object['v'], v: '0x0' }),
  'no recipient': (object) => ({ ...object, to: null }),
  'an empty recipient': (object) => ({ ...object, to: '0x' }),
}

function keyAt(object: RawObject, random: number): string {
  const keys = Object.keys(object)
  return keys[random % keys.length] ?? ''
}

function without(object: RawObject, key: string): RawObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key))
}

function flipBit(text: string, random: number): string {
  const at = 2 + (random % Math.max(1, text.length - 2))
  const digit = Number.parseInt(text[at] ?? '0', 16)
  return text.slice(0, at) + (digit ^ (1 << (random % 4))).toString(16) + text.slice(at + 1)
}

function changed(value: unknown, path: Path, change: (value: unknown) => unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return change(value)
  if (Array.isArray(value)) return value.with(Number(key), changed(value[Number(key)], rest, change))
  const object = value as Record<string, unknown>
  return { ...object, [key]: changed(object[key], rest, change) }
}

/** Paths of the objects in the responses: block, transactions, receipts, logs and what is in them. */
function objectsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return []
  const below = Object.entries(value).flatMap(([key, part]) =>
    objectsOf(part, [...path, Array.isArray(value) ? Number(key) : key]),
  )
  return Array.isArray(value) || path.length === 0 ? below : [path, ...below]
}

/** Small blocks are changed often, large ones as often as time allows. */
const RUNS: Readonly<Record<string, number>> = {
  'ethereum-4369999': 60,
  'ethereum-18000000': 20,
  'polygon-50000000': 10,
}

const SUBJECTS: readonly [string, () => Subject, number][] = [
  ['a local block of every kind', local, 1_000],
  ...fixturesThatShow('block').map((fixture): [string, () => Subject, number] => [
    fixture.name,
    () => loadBlock(fixture),
    RUNS[fixture.name] ?? 300,
  ]),
]

describe.each(SUBJECTS)('any single change in what a provider sends of %s', (_, open, numRuns) => {
  let subject: Subject
  let expected: ReturnType<typeof provenPart>
  let digest: string

  beforeAll(() => {
    subject = open()
    const honest = prove(subject)
    if (honest.kind !== 'proven') throw new Error('the honest block must be proven')
    expected = provenPart(honest.block, subject)
    digest = contentsDigest(honest.block)
  })

  function expectNoticedOrHarmless(given: RawBlock): void {
    const verification = prove(subject, given)
    // Not toEqual: with a thousand comparisons of a whole block it takes most of the time.
    if (verification.kind === 'proven')
      expect(isDeepStrictEqual(provenPart(verification.block, subject), expected)).toBe(true)
    // A field that only the encoding needs is left out: nothing that we read changes.
    else if (verification.kind === 'notProvable') expect(contentsDigest(verification.block)).toBe(digest)
  }

  it('is noticed, or changes nothing that we read', () => {
    const path = fc.constantFrom(...pathsOf(subject.raw))
    const property = fc.property(path, fc.constantFrom(...Object.keys(CHANGES)), fc.nat(), (where, how, random) => {
      const change = (value: unknown) => CHANGES[how]?.(value, random)
      expectNoticedOrHarmless(changed(subject.raw, where, change) as RawBlock)
    })
    fc.assert(property, { numRuns })
  })

  it('is noticed, or changes nothing that we read, when fields go, move or are added', () => {
    const path = fc.constantFrom(...objectsOf(subject.raw))
    const how = fc.constantFrom(...Object.keys(OBJECT_CHANGES))
    const property = fc.property(path, how, fc.nat(), (where, name, random) => {
      const change = (value: unknown) => OBJECT_CHANGES[name]?.(value as RawObject, random)
      expectNoticedOrHarmless(changed(subject.raw, where, change) as RawBlock)
    })
    fc.assert(property, { numRuns })
  })
})

/**
 * Derived, or told twice: of these we read only the sender, and that for display. (`v` repeats `yParity`; a legacy
 * transaction's chain id is in its `v`.)
 */
const NOT_COMMITTED = [
  'block.size',
  'block.totalDifficulty',
  'block.transactions.*.blockTimestamp',
  'block.transactions.*.chainId',
  'block.transactions.*.from',
  'block.transactions.*.gasPrice',
  'block.transactions.*.v',
  'receipts.*.blobGasPrice',
  'receipts.*.contractAddress',
  'receipts.*.effectiveGasPrice',
  'receipts.*.from',
  'receipts.*.gasUsed',
  'receipts.*.logs.*.blockTimestamp',
  'receipts.*.to',
]

/** A deposit's sender is in its encoding. */
const NOT_COMMITTED_ON_OP_STACK = [
  'block.size',
  'block.transactions.0x7e.blockTimestamp',
  'block.transactions.0x7e.depositReceiptVersion',
  'block.transactions.0x7e.gasPrice',
  'block.transactions.0x7e.nonce',
  'block.transactions.0x7e.r',
  'block.transactions.0x7e.s',
  'block.transactions.0x7e.v',
  'block.transactions.0x7e.yParity',
  'receipts.*.from',
  'receipts.*.gasUsed',
  'receipts.*.to',
]

/** Of what ArbOS makes itself (0x6a), `from`, `to` and `value` are not read; the others are Ethereum's. */
const NOT_COMMITTED_ON_ARBITRUM = [
  'block.l1BlockNumber',
  'block.sendCount',
  'block.sendRoot',
  'block.size',
  'block.transactions.*.chainId',
  'block.transactions.*.from',
  'block.transactions.*.gasPrice',
  'block.transactions.*.v',
  'block.transactions.0x6a.from',
  'block.transactions.0x6a.gas',
  'block.transactions.0x6a.gasPrice',
  'block.transactions.0x6a.nonce',
  'block.transactions.0x6a.r',
  'block.transactions.0x6a.s',
  'block.transactions.0x6a.to',
  'block.transactions.0x6a.v',
  'block.transactions.0x6a.value',
]

/** The fields of which a changed bit goes unnoticed. */
function unnoticed(subject: Subject): string[] {
  const silent = new Set<string>()
  for (const path of pathsOf(subject.raw)) {
    const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[String(key)], subject.raw)
    if (typeof value !== 'string') continue
    const given = changed(subject.raw, path, () => flipBit(value, 0)) as RawBlock
    if (prove(subject, given).kind === 'proven') silent.add(label(path, subject))
  }
  return [...silent].sort()
}

/** `*` for any place, but the type of a transaction that has no signature. */
function label(path: Path, { raw: honest, codec }: Subject): string {
  const [, list, at] = path
  const type = list === 'transactions' ? transactionType(objectsField(honest.block, list)[Number(at)] ?? {}) : 0
  const isSigned = codec.transactionTypes.get(type)?.sender === 'signature'
  const place = isSigned ? '*' : `0x${type.toString(16)}`
  return path.map((key, depth) => (typeof key === 'number' ? (depth === 2 ? place : '*') : key)).join('.')
}

describe('every bit that the roots commit to', () => {
  it('is noticed in a local block', () => {
    expect(unnoticed(local())).toEqual(NOT_COMMITTED)
  })

  it.each([
    ['zora-49513698', NOT_COMMITTED_ON_OP_STACK],
    ['arbitrum-150000000', NOT_COMMITTED_ON_ARBITRUM],
  ])('is noticed in %s', (name, expected) => {
    const fixture = fixturesThatShow('block').find((one) => one.name === name)
    if (fixture === undefined) throw new Error(name)
    expect(unnoticed(loadBlock(fixture))).toEqual(expected)
  })
})
