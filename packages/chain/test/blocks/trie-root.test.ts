import { encodeRlp, getBytes, hexlify, keccak256, toBeHex } from 'ethers'
import { loadKeccak256 } from '../../src/blocks/keccak'
import { trieRoot } from '../../src/blocks/trie-root'

/** The specification (yellow paper, appendix D) word for word: slow, with ethers' RLP and keccak. */
function specifiedRoot(values: readonly Uint8Array[]): string {
  const pairs = values.map(
    (value, index): Pair => [encodeRlp(index === 0 ? '0x' : toBeHex(index)).slice(2), hexlify(value)],
  )
  return keccak256(pairs.length === 0 ? '0x80' : encodeRlp(node(pairs)))
}

type Pair = readonly [nibbles: string, value: string]
type Item = string | Item[]

function node(pairs: readonly Pair[]): Item[] {
  const [[path, value] = ['', '']] = pairs
  if (pairs.length === 1) return [hexPrefix(path, 2), value]
  let shared = 0
  while (pairs.every(([nibbles]) => nibbles[shared] === path[shared])) shared++
  if (shared > 0)
    return [
      hexPrefix(path.slice(0, shared), 0),
      cap(node(pairs.map(([nibbles, held]) => [nibbles.slice(shared), held]))),
    ]
  const children = [...'0123456789abcdef'].map((nibble) => pairs.filter(([nibbles]) => nibbles[0] === nibble))
  return [
    ...children.map((below) =>
      below.length === 0 ? '0x' : cap(node(below.map(([nibbles, held]) => [nibbles.slice(1), held]))),
    ),
    '0x',
  ]
}

function cap(item: Item[]): Item {
  const encoded = encodeRlp(item)
  return getBytes(encoded).length < 32 ? item : keccak256(encoded)
}

function hexPrefix(nibbles: string, flag: number): string {
  return nibbles.length % 2 === 1 ? `0x${flag + 1}${nibbles}` : `0x${flag}0${nibbles}`
}

describe('trieRoot', () => {
  const sizes = [0, 1, 2, 3, 15, 16, 17, 127, 128, 129, 130, 255, 256, 257, 300, 1_000]

  it.each(sizes)('of %i values is what the specification says', async (size) => {
    const values = Array.from({ length: size }, (_, at) => getBytes(keccak256(toBeHex(at + 1))))
    expect(hexlify(trieRoot(values, await loadKeccak256()))).toBe(specifiedRoot(values))
  })

  it.each([1, 4, 30, 31, 33, 500])(
    'puts nodes below 32 bytes into their parents (values of %i bytes)',
    async (length) => {
      const values = Array.from({ length: 20 }, (_, at) => new Uint8Array(length).fill(at))
      expect(hexlify(trieRoot(values, await loadKeccak256()))).toBe(specifiedRoot(values))
    },
  )
})
