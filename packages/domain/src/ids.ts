import { randomFillSync } from 'node:crypto'
import { fromString, fromUUIDBytes, type TypeId, toUUIDBytes } from 'typeid-js'
import type { Brand } from './brand'

/** Prefixes of our TypeIDs (https://github.com/jetify-com/typeid): prefix + UUIDv7, sortable by creation time. */
export const ID_PREFIXES = {
  payment: 'pay',
  event: 'evt',
  webhookEndpoint: 'we',
  delivery: 'dlv',
  sweep: 'swp',
  merchant: 'mer',
  apiKey: 'key',
  operator: 'op',
  transfer: 'tr',
  checkoutSession: 'cs',
  paymentLink: 'plink',
} as const

export type IdKind = keyof typeof ID_PREFIXES
export type Id<Kind extends IdKind> = Brand<`${(typeof ID_PREFIXES)[Kind]}_${string}`, Kind>

export type PaymentId = Id<'payment'>
export type EventId = Id<'event'>
export type WebhookEndpointId = Id<'webhookEndpoint'>
export type DeliveryId = Id<'delivery'>
export type SweepId = Id<'sweep'>
export type MerchantId = Id<'merchant'>
export type ApiKeyId = Id<'apiKey'>
export type OperatorId = Id<'operator'>
export type TransferId = Id<'transfer'>
export type CheckoutSessionId = Id<'checkoutSession'>
export type PaymentLinkId = Id<'paymentLink'>

/** A new id; `at` (milliseconds) is the time that its UUIDv7 carries. */
export function newId<Kind extends IdKind>(kind: Kind, at: number = Date.now()): Id<Kind> {
  return idFromUuidBytes(kind, uuidv7(at))
}

/** Parses an id of this kind, or returns null: another prefix, a wrong length, an alphabet that is not Crockford's base 32. */
export function parseId<Kind extends IdKind>(kind: Kind, text: string): Id<Kind> | null {
  try {
    const id: string = fromString(text, ID_PREFIXES[kind])
    return id === text ? (id as Id<Kind>) : null
  } catch {
    return null
  }
}

/** The UUID that Postgres stores. By way of bytes: any 128 bits are an id that may be asked for, also of no UUID version. */
export function idToUuid(id: Id<IdKind>): string {
  const text: string = id // the library's brand is not ours
  const hex = Buffer.from(toUUIDBytes(text as TypeId<string>).buffer).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

export function idFromUuid<Kind extends IdKind>(kind: Kind, uuid: string): Id<Kind> {
  return idFromUuidBytes(kind, Buffer.from(uuid.replaceAll('-', ''), 'hex'))
}

function idFromUuidBytes<Kind extends IdKind>(kind: Kind, bytes: Uint8Array): Id<Kind> {
  const id: string = fromUUIDBytes(ID_PREFIXES[kind], bytes)
  return id as Id<Kind>
}

/** RFC 9562 §5.7: 48 bits of milliseconds, then random. */
function uuidv7(at: number): Uint8Array {
  const bytes = randomFillSync(new Uint8Array(16))
  const view = new DataView(bytes.buffer)
  view.setUint16(0, Math.floor(at / 2 ** 32))
  view.setUint32(2, at % 2 ** 32)
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x70)
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80)
  return bytes
}
