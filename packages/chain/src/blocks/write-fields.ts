import { hexField, hexItems, MalformedHexError, objectsField, optionalHexField, type RawObject } from '../hex'
import type { RlpWriter } from './rlp-writer'

/** How a field of a JSON-RPC answer is written as RLP. */
export type Encoding =
  | 'bytes'
  | 'quantity'
  /** Absent or null: the empty string. A contract creation has no `to`. */
  | 'bytesOrEmpty'
  /** Absent or null: zero, which is the empty string too. */
  | 'quantityOrZero'
  /** A JSON boolean; absent: false. */
  | 'flag'
  | 'hashes'
  /** Some nodes leave an empty one out. */
  | 'accessList'
  | 'authorizations'
  /** Older nodes write the parity of a typed transaction as `v`, newer ones as both. */
  | 'parity'

export type Field = readonly [name: string, encoding: Encoding]

/** The items of an RLP list: first those that are always there, then those that forks added at the end. */
export interface Fields {
  readonly always: readonly Field[]
  /**
   * Written up to the last one that is present. An absent one before it keeps its place as an empty string, as Go's `rlp:"optional"`
   * does: Polygon's headers have no withdrawals but a requests hash.
   */
  readonly trailing: readonly Field[]
}

/** Writes the items of `fields`, not the list around them. Throws MalformedHexError for a field that is missing or no hex. */
export function writeFields(writer: RlpWriter, object: RawObject, { always, trailing }: Fields): void {
  for (const field of always) writeField(writer, object, field)
  const last = trailing.findLastIndex(([name]) => isPresent(object, name))
  for (let at = 0; at <= last; at++) {
    const field = trailing[at] as Field
    if (isPresent(object, field[0])) writeField(writer, object, field)
    else writer.hex('0x')
  }
}

function isPresent(object: RawObject, name: string): boolean {
  return object[name] !== undefined && object[name] !== null
}

type Write = (writer: RlpWriter, object: RawObject, name: string) => void

const WRITE: Readonly<Record<Encoding, Write>> = {
  bytes: (writer, object, name) => writer.hex(hexField(object, name)),
  quantity: (writer, object, name) => writer.quantity(hexField(object, name)),
  bytesOrEmpty: (writer, object, name) => writer.hex(optionalHexField(object, name) ?? '0x'),
  quantityOrZero: (writer, object, name) => writer.quantity(optionalHexField(object, name) ?? '0x0'),
  flag: (writer, object, name) => writer.quantity(readFlag(object, name) ? '0x1' : '0x0'),
  hashes: writeHashes,
  accessList: (writer, object, name) =>
    writeAccessList(writer, isPresent(object, name) ? objectsField(object, name) : []),
  authorizations: (writer, object, name) => writeAuthorizations(writer, objectsField(object, name)),
  parity: (writer, object, name) => writer.quantity(optionalHexField(object, name) ?? hexField(object, 'v')),
}

function writeField(writer: RlpWriter, object: RawObject, [name, encoding]: Field): void {
  WRITE[encoding](writer, object, name)
}

function readFlag(object: RawObject, name: string): boolean {
  const value = object[name] ?? false
  if (typeof value !== 'boolean') throw new MalformedHexError(name)
  return value
}

function writeHashes(writer: RlpWriter, object: RawObject, name: string): void {
  writer.list(() => {
    for (const item of hexItems(object, name)) writer.hex(item)
  })
}

function writeAccessList(writer: RlpWriter, accessList: readonly RawObject[]): void {
  writer.list(() => {
    for (const entry of accessList) {
      writer.list(() => {
        writer.hex(hexField(entry, 'address'))
        writeHashes(writer, entry, 'storageKeys')
      })
    }
  })
}

const AUTHORIZATION: Fields = {
  always: [
    ['chainId', 'quantity'],
    ['address', 'bytes'],
    ['nonce', 'quantity'],
    ['yParity', 'parity'],
    ['r', 'quantity'],
    ['s', 'quantity'],
  ],
  trailing: [],
}

function writeAuthorizations(writer: RlpWriter, authorizations: readonly RawObject[]): void {
  writer.list(() => {
    for (const authorization of authorizations) writer.list(() => writeFields(writer, authorization, AUTHORIZATION))
  })
}
