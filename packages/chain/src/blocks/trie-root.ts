import type { Keccak256 } from './keccak'
import { RlpWriter } from './rlp-writer'

const LEAF = 0x20
const EXTENSION = 0x00
const EMPTY_ITEM = Uint8Array.of(0x80)

interface Entry {
  /** rlp(index) in half-bytes. No such key is the start of another, so that a branch never holds a value. */
  readonly nibbles: Uint8Array
  readonly value: Uint8Array
}

/**
 * The root of the Merkle-Patricia trie of a list, keyed by rlp(index): `transactionsRoot` and `receiptsRoot`.
 * All keys are known and sorted, so the trie is folded up from the leaves in one pass and never stored. (A general trie library
 * inserts key by key and rehashes the path each time: a hundred times slower.)
 */
export function trieRoot(values: readonly Uint8Array[], keccak256: Keccak256): Uint8Array {
  const writer = new RlpWriter()
  if (values.length === 0) return keccak256(EMPTY_ITEM)
  const entries = values.map((value, index) => ({ nibbles: keyNibbles(writer, index), value }))
  entries.sort((a, b) => Buffer.compare(a.nibbles, b.nibbles))
  writeNode({ writer, keccak256, entries }, 0, entries.length, 0)
  return writer.drain(keccak256)
}

interface Fold {
  readonly writer: RlpWriter
  readonly keccak256: Keccak256
  readonly entries: readonly Entry[]
}

/** Writes the node over entries[from, to), which share their first `depth` half-bytes. */
function writeNode(trie: Fold, from: number, to: number, depth: number): void {
  const { writer } = trie
  const first = entryAt(trie, from)
  if (to - from === 1) {
    writer.list(() => {
      writer.bytes(compactPath(first.nibbles.subarray(depth), LEAF))
      writer.bytes(first.value)
    })
    return
  }
  const shared = sharedLength(first.nibbles, entryAt(trie, to - 1).nibbles, depth)
  writeBranch(trie, from, to, depth + shared)
  if (shared === 0) return
  const child = reference(trie)
  writer.list(() => {
    writer.bytes(compactPath(first.nibbles.subarray(depth, depth + shared), EXTENSION))
    writeReference(writer, child)
  })
}

/** The children come first, one after the other: there is one writer. */
function writeBranch(trie: Fold, from: number, to: number, depth: number): void {
  const children: (Uint8Array | null)[] = []
  let at = from
  for (let nibble = 0; nibble < 16; nibble++) {
    const start = at
    while (at < to && entryAt(trie, at).nibbles[depth] === nibble) at++
    if (at > start) writeNode(trie, start, at, depth + 1)
    children.push(at === start ? null : reference(trie))
  }
  const { writer } = trie
  writer.list(() => {
    for (const child of children) {
      if (child === null) writer.raw(EMPTY_ITEM)
      else writeReference(writer, child)
    }
    writer.raw(EMPTY_ITEM)
  })
}

/** Of the node just written: below 32 bytes it stands in its parent itself, a larger one by its hash. */
function reference({ writer, keccak256 }: Fold): Uint8Array {
  return writer.drain((node) => (node.length < 32 ? Uint8Array.from(node) : keccak256(node)))
}

function writeReference(writer: RlpWriter, child: Uint8Array): void {
  if (child.length === 32) writer.bytes(child)
  else writer.raw(child)
}

/** Hex-prefix encoding (yellow paper, appendix C): the flag, and whether the path is odd, in the first half-byte. */
function compactPath(nibbles: Uint8Array, flag: number): Uint8Array {
  const odd = nibbles.length % 2
  const path = new Uint8Array((nibbles.length >> 1) + 1)
  path[0] = odd === 1 ? flag | 0x10 | (nibbles[0] ?? 0) : flag
  for (let at = odd; at < nibbles.length; at += 2) {
    path[(at + odd) / 2 + (odd === 1 ? 0 : 1)] = ((nibbles[at] ?? 0) << 4) | (nibbles[at + 1] ?? 0)
  }
  return path
}

function keyNibbles(writer: RlpWriter, index: number): Uint8Array {
  writer.quantity(`0x${index.toString(16)}`)
  const key = writer.take()
  const nibbles = new Uint8Array(key.length * 2)
  key.forEach((byte, at) => {
    nibbles[at * 2] = byte >> 4
    nibbles[at * 2 + 1] = byte & 0x0f
  })
  return nibbles
}

/** Sorted keys: what the first and the last share, all share. */
function sharedLength(first: Uint8Array, last: Uint8Array, depth: number): number {
  let length = 0
  while (first[depth + length] === last[depth + length]) length++
  return length
}

function entryAt(trie: Fold, at: number): Entry {
  const entry = trie.entries[at]
  if (entry === undefined) throw new RangeError(`no trie entry ${at}`)
  return entry
}
