import { hexField, hexItems, objectsField, optionalHexField, type RawObject } from '../hex'
import type { RlpWriter } from './rlp-writer'

/** Legacy, EIP-2930, EIP-1559, EIP-4844, EIP-7702. */
export type EncodableType = 0 | 1 | 2 | 3 | 4

export function isEncodable(type: number): type is EncodableType {
  return type >= 0 && type <= 4
}

/** EIP-2718 bytes of a transaction in a block: keccak-256 of them is its hash, and they are its value in the trie. */
export function encodeTransaction(writer: RlpWriter, transaction: RawObject, type: EncodableType): Uint8Array {
  if (type > 0) writer.raw(Uint8Array.of(type))
  writer.list(() => {
    if (type > 0) writer.quantity(hexField(transaction, 'chainId'))
    writer.quantity(hexField(transaction, 'nonce'))
    writeFees(writer, transaction, type)
    writer.quantity(hexField(transaction, 'gas'))
    writer.hex(optionalHexField(transaction, 'to') ?? '0x') // none: creates a contract
    writer.quantity(hexField(transaction, 'value'))
    writer.hex(hexField(transaction, 'input'))
    if (type > 0) writeAccessList(writer, objectsField(transaction, 'accessList'))
    if (type === 3) writeBlobs(writer, transaction)
    if (type === 4) writeAuthorizations(writer, objectsField(transaction, 'authorizationList'))
    writeSignature(writer, transaction, type)
  })
  return writer.take()
}

function writeFees(writer: RlpWriter, transaction: RawObject, type: EncodableType): void {
  const fields = type < 2 ? ['gasPrice'] : ['maxPriorityFeePerGas', 'maxFeePerGas']
  for (const field of fields) writer.quantity(hexField(transaction, field))
}

function writeAccessList(writer: RlpWriter, accessList: readonly RawObject[]): void {
  writer.list(() => {
    for (const entry of accessList) {
      writer.list(() => {
        writer.hex(hexField(entry, 'address'))
        writeHexList(writer, entry, 'storageKeys')
      })
    }
  })
}

function writeBlobs(writer: RlpWriter, transaction: RawObject): void {
  writer.quantity(hexField(transaction, 'maxFeePerBlobGas'))
  writeHexList(writer, transaction, 'blobVersionedHashes')
}

function writeAuthorizations(writer: RlpWriter, authorizations: readonly RawObject[]): void {
  writer.list(() => {
    for (const authorization of authorizations) {
      writer.list(() => {
        writer.quantity(hexField(authorization, 'chainId'))
        writer.hex(hexField(authorization, 'address'))
        writer.quantity(hexField(authorization, 'nonce'))
        writeSignature(writer, authorization, 4)
      })
    }
  })
}

function writeSignature(writer: RlpWriter, signed: RawObject, type: EncodableType): void {
  // Older nodes write the parity of typed transactions as `v`, newer ones as both.
  const parity = type === 0 ? null : optionalHexField(signed, 'yParity')
  writer.quantity(parity ?? hexField(signed, 'v'))
  writer.quantity(hexField(signed, 'r'))
  writer.quantity(hexField(signed, 's'))
}

function writeHexList(writer: RlpWriter, object: RawObject, field: string): void {
  writer.list(() => {
    for (const item of hexItems(object, field)) writer.hex(item)
  })
}
