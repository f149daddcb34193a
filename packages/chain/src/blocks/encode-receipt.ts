import { hexField, hexItems, objectsField, optionalHexField, type RawObject } from '../hex'
import type { RlpWriter } from './rlp-writer'

/** EIP-2718 bytes of a receipt: its value in the receipts trie. The types known have the same four fields. */
export function encodeReceipt(writer: RlpWriter, receipt: RawObject, type: number): Uint8Array {
  if (type > 0) writer.raw(Uint8Array.of(type))
  writer.list(() => {
    writeOutcome(writer, receipt)
    writer.quantity(hexField(receipt, 'cumulativeGasUsed'))
    writer.hex(hexField(receipt, 'logsBloom'))
    writer.list(() => {
      for (const log of objectsField(receipt, 'logs')) writeLog(writer, log)
    })
  })
  return writer.take()
}

/** EIP-658: 1 or 0. Before Byzantium the state root stood here, which does not tell success from failure. */
function writeOutcome(writer: RlpWriter, receipt: RawObject): void {
  const root = optionalHexField(receipt, 'root')
  const status = optionalHexField(receipt, 'status')
  if (status === null || (root !== null && root.length === 66)) writer.hex(hexField(receipt, 'root'))
  else writer.quantity(status)
}

function writeLog(writer: RlpWriter, log: RawObject): void {
  writer.list(() => {
    writer.hex(hexField(log, 'address'))
    writer.list(() => {
      for (const topic of hexItems(log, 'topics')) writer.hex(topic)
    })
    writer.hex(hexField(log, 'data'))
  })
}
