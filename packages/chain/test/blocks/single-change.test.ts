import fc from 'fast-check'
import { contentsDigest } from '../../src/blocks/contents-digest'
import { type Keccak256, loadKeccak256 } from '../../src/blocks/keccak'
import type { RawBlock, UnprovenBlock } from '../../src/blocks/read-block'
import { verifyBlock } from '../../src/blocks/verify-block'
import { numberField } from '../../src/hex'
import { mineEveryKind } from '../helpers/every-kind'
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

const prove = (given: RawBlock) => verifyBlock({ number: numberField(raw.block, 'number') }, given, 'proof', keccak256)

/** All but `from`, which no root proves. */
function provenPart(block: UnprovenBlock) {
  return { ...block, transactions: block.transactions.map(({ from: _, ...rest }) => rest) }
}

/** Paths of every value in the answers, containers too. */
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

describe('any single change in what a provider sends', () => {
  it('is noticed, or changes nothing that we read', () => {
    const honest = prove(raw)
    if (honest.kind !== 'proven') throw new Error('the honest block must be proven')
    const expected = provenPart(honest.block)
    const path = fc.constantFrom(...pathsOf(raw))
    fc.assert(
      fc.property(path, fc.constantFrom(...Object.keys(CHANGES)), fc.nat(), (where, how, random) => {
        const given = changed(raw, where, (value) => CHANGES[how]?.(value, random)) as RawBlock
        const verification = prove(given)
        if (verification.kind === 'proven') expect(provenPart(verification.block)).toEqual(expected)
        // What only the encoding needs is left out: nothing that we read is another.
        else if (verification.kind === 'notProvable')
          expect(contentsDigest(verification.block)).toBe(contentsDigest(honest.block))
      }),
      { numRuns: 3_000 },
    )
  })

  it('is noticed for every bit that the roots commit to', () => {
    const silent = new Set<string>()
    for (const path of pathsOf(raw)) {
      const given = changed(raw, path, (value) => (typeof value === 'string' ? flipBit(value, 0) : value)) as RawBlock
      const isText =
        typeof path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[String(key)], raw) === 'string'
      if (isText && prove(given).kind === 'proven')
        silent.add(path.map((key) => (typeof key === 'number' ? '*' : key)).join('.'))
    }
    expect([...silent].sort()).toEqual(NOT_COMMITTED)
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
