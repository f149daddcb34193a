import { PAYMENT_FLAGS, PAYMENT_STATUSES, TRANSFER_STATUSES } from '@ctrip/domain/payment/payment'
import { z } from 'zod'
import { idOf } from './ids'
import { returnUrlView } from './return-url'
import { timestamp } from './text'

/** Money in an answer: base units, beyond what a JSON number can hold. */
export const money = () =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]{0,77})$/)
    .meta({ example: '1500000' })
export const addressView = () => z.string().regex(/^0x[0-9a-fA-F]{40}$/)
export const hashView = () => z.string().regex(/^0x[0-9a-f]{64}$/)
export const blockNumber = () => z.number().int().min(0)
export const traceIdView = () => z.string().regex(/^[0-9a-f]{32}$/)

export const assetSchema = z
  .object({
    symbol: z.string(),
    contract: addressView().nullable().meta({ description: 'EIP-55; null for the native coin.' }),
    decimals: z.number().int(),
    caip19: z.string(),
  })
  .meta({ id: 'Asset' })

const transferFields = {
  id: idOf('transfer'),
  tx_hash: hashView(),
  log_index: z.number().int().nullable(),
  kind: z.enum(['native', 'erc20', 'internal', 'funding']),
  from: addressView(),
  amount: money(),
  block_number: blockNumber(),
  status: z.enum(TRANSFER_STATUSES),
  flags: z.array(z.string()),
}

/** A fiat amount in an answer: minor units of its currency. */
const minorUnits = () =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]{0,77})$/)
    .meta({ example: '1999' })
export const currencyView = () =>
  z
    .string()
    .regex(/^[A-Z]{3}$/)
    .meta({ description: 'ISO 4217.', example: 'USD' })
export const rateView = () =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]*)(\.[0-9]{1,18})?$/)
    .meta({ description: 'Units of the currency for one whole unit of the asset.', example: '3123.45' })

const quoteSchema = z
  .object({
    currency: currencyView(),
    amount: minorUnits().meta({ description: "In the currency's minor units." }),
    amount_display: z.string().meta({ example: '19.99' }),
    rate: rateView(),
    source: z.string().meta({ description: '`fixed`, or the feeds that the rate was read from, as CAIP-10.' }),
    quoted_at: timestamp(),
    expires_at: timestamp(),
  })
  .meta({ id: 'Quote' })

export const paymentSchema = z
  .object({
    id: idOf('payment'),
    object: z.literal('payment'),
    status: z.enum(PAYMENT_STATUSES),
    flags: z.array(z.enum(PAYMENT_FLAGS)),
    chain: z.string(),
    chain_id: z.number().int(),
    asset: assetSchema,
    amount: money(),
    amount_display: z.string(),
    amount_received: money(),
    amount_confirmed: money(),
    amount_remaining: money().meta({ description: 'What is still to be paid.' }),
    amount_accepted: money().nullable().meta({ description: 'What had been received when you accepted it as enough.' }),
    address: addressView().meta({ description: 'EIP-55. Of this payment alone, on every chain.' }),
    payment_uri: z.string().meta({ description: 'EIP-681. Asks for what remains.' }),
    checkout_url: z.string(),
    confirmations: z.number().int().min(0),
    confirmations_required: z.number().int().nullable().meta({ description: 'Null where a tag decides.' }),
    reference: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    transfers: z.array(z.object(transferFields)),
    sequence: z.number().int().min(1),
    trace_id: traceIdView(),
    created_at: timestamp(),
    expires_at: timestamp(),
    detected_at: timestamp().nullable(),
    confirmed_at: timestamp().nullable(),
    settled_at: timestamp().nullable(),
    cancel_requested_at: timestamp().nullable().meta({
      description: 'It is canceled once the chain has been scanned past this time, unless money had come by then.',
    }),
    success_url: returnUrlView(),
    cancel_url: returnUrlView(),
    quote: quoteSchema
      .nullable()
      .meta({ description: 'The price that the amount was worked out from; null where you gave the amount.' }),
    checkout_session: idOf('checkoutSession')
      .nullable()
      .meta({ description: 'The checkout session that the payment belongs to.' }),
  })
  .meta({ id: 'Payment' })

export const transferSchema = z
  .object({
    ...transferFields,
    object: z.literal('transfer'),
    payment_id: idOf('payment'),
    chain: z.string(),
    chain_id: z.number().int(),
    asset: assetSchema,
    amount_display: z.string(),
    to: addressView(),
  })
  .meta({ id: 'Transfer' })
