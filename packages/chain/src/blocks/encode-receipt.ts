import {
  hexField,
  hexItems,
  MalformedHexError,
  numberField,
  objectsField,
  optionalHexField,
  type RawObject,
} from '../hex'
import { type BlockCodec, codecOf } from './block-codec'
import type { RlpWriter } from './rlp-writer'
import { writeFields } from './write-fields'

const ROOT = /^0x[0-9a-fA-F]{64}$/

/** The first field of a receipt: since Byzantium (EIP-658) the status, before it a state root, which does not tell success from failure. */
export type Outcome =
  | { readonly kind: 'status'; readonly succeeded: boolean }
  | { readonly kind: 'root'; readonly root: string }

/**
 * Reads the outcome. The encoding is read, not the name: status 1 and the root 0x01 are the same byte, so that a receipt with such a root in
 * place of its status would keep its hash and hide a payment. A root therefore has 32 bytes, and without one the status is 0 or 1.
 * Throws MalformedHexError otherwise.
 */
export function readOutcome(receipt: RawObject): Outcome {
  const root = optionalHexField(receipt, 'root')
  if (root !== null && ROOT.test(root)) return { kind: 'root', root }
  const status = numberField(receipt, 'status')
  if (status > 1) throw new MalformedHexError('status')
  return { kind: 'status', succeeded: status === 1 }
}

/** EIP-2718 bytes of a receipt: its value in the receipts trie. */
export function encodeReceipt(
  writer: RlpWriter,
  receipt: RawObject,
  type: number,
  { receiptExtras }: BlockCodec = codecOf('ethereum'),
): Uint8Array {
  const extras = receiptExtras.get(type)
  if (type > 0) writer.raw(Uint8Array.of(type))
  writer.list(() => {
    writeOutcome(writer, readOutcome(receipt))
    writer.quantity(hexField(receipt, 'cumulativeGasUsed'))
    writer.hex(hexField(receipt, 'logsBloom'))
    writer.list(() => {
      for (const log of objectsField(receipt, 'logs')) writeLog(writer, log)
    })
    if (extras !== undefined && optionalHexField(receipt, extras.when) !== null)
      writeFields(writer, receipt, extras.fields)
  })
  return writer.take()
}

function writeOutcome(writer: RlpWriter, outcome: Outcome): void {
  if (outcome.kind === 'root') writer.hex(outcome.root)
  else writer.quantity(outcome.succeeded ? '0x1' : '0x0')
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
