import { SESSION_STATUSES } from '@ctrip/domain/checkout-session/session'
import { LATE_POLICIES } from '@ctrip/domain/payment/payment'
import { z } from 'zod'
import { LANGUAGES } from '../checkout/locales'
import { acceptInput, minorUnits, priceSchema } from './fiat'
import { idOf, idParam } from './ids'
import { metadata } from './metadata'
import { assetSchema, money, traceIdView } from './payment'
import { priceInput } from './price-input'
import { returnUrl, returnUrlView } from './return-url'
import { text, timestamp } from './text'

export const sessionParams = z.object({ id: idParam('checkoutSession') })

const LINE_ITEMS_MAX = 100
const QUANTITY_MAX = 1_000_000

const lineItem = z.strictObject({
  name: text(255, 1),
  quantity: z.number().int().min(1).max(QUANTITY_MAX),
  unit_amount: minorUnits().meta({ description: "In the price's minor units." }),
})

const SESSION_ID = '{CHECKOUT_SESSION_ID}'

export const createSessionBody = z
  .strictObject({
    price: priceInput,
    accept: acceptInput,
    line_items: z
      .array(lineItem)
      .max(LINE_ITEMS_MAX)
      .default([])
      .meta({ description: 'Shown to the payer. Their sum is the price.' }),
    success_url: returnUrl().meta({
      description: `Where the payer goes once it is complete. ${SESSION_ID} is filled in.`,
    }),
    cancel_url: returnUrl().meta({ description: `Where the payer goes who does not pay. ${SESSION_ID} is filled in.` }),
    expires_in: z.number().int().min(300).max(604_800).default(3_600).meta({ description: 'Seconds.' }),
    quote_seconds: z
      .number()
      .int()
      .min(60)
      .max(3_600)
      .default(900)
      .meta({ description: 'How long the amount of a chosen asset holds.' }),
    tolerance_bps: z.number().int().min(0).max(1000).default(0),
    late_policy: z.enum(LATE_POLICIES).default('accept'),
    reference: text(255).nullish(),
    metadata: metadata.default({}),
    locale: z
      .enum(LANGUAGES)
      .nullish()
      .meta({ description: "Language of the payer's page; the browser's unless given." }),
  })
  .meta({ id: 'CreateCheckoutSession' })

export type CreateSession = z.output<typeof createSessionBody>

/** Null while it cannot be chosen. */
const optionSchema = z
  .object({
    chain: z.string(),
    chain_id: z.number().int(),
    asset: assetSchema,
    amount: money().nullable().meta({ description: 'What is due now, in base units.' }),
    amount_display: z.string().nullable(),
    rate: z
      .string()
      .nullable()
      .meta({ description: 'Units of the currency for one unit of the asset.', example: '3123.45' }),
    available: z.boolean(),
    reason: z.string().nullable().meta({ description: 'Why it cannot be chosen now.' }),
  })
  .meta({ id: 'CheckoutOption' })

export const sessionSchema = z
  .object({
    id: idOf('checkoutSession'),
    object: z.literal('checkout_session'),
    status: z.enum(SESSION_STATUSES),
    url: z.string().meta({ description: "The payer's page." }),
    price: priceSchema,
    amount_paid: money().meta({ description: 'The value of confirmed money, in minor units, rounded down.' }),
    amount_pending: money().meta({ description: 'The value of money that is received and not confirmed.' }),
    amount_due: money().meta({ description: 'The price less what is paid and pending.' }),
    tolerance_bps: z.number().int(),
    late_policy: z.enum(LATE_POLICIES),
    options: z.array(optionSchema).meta({ description: 'While it is open; empty in events.' }),
    payments: z.array(idOf('payment')),
    line_items: z.array(
      z.object({
        name: z.string(),
        quantity: z.number().int(),
        unit_amount: money(),
        unit_amount_display: z.string(),
      }),
    ),
    success_url: returnUrlView(),
    cancel_url: returnUrlView(),
    payment_link: idOf('paymentLink').nullable().meta({ description: 'The link that opened it.' }),
    reference: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    locale: z.string().nullable(),
    sequence: z.number().int().min(1),
    trace_id: traceIdView(),
    created_at: timestamp(),
    expires_at: timestamp(),
    completed_at: timestamp().nullable(),
  })
  .meta({ id: 'CheckoutSession' })
