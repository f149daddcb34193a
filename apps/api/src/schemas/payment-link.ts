import type { PaymentLink } from '@ctrip/db/checkout-sessions/payment-links'
import { renderPrice } from '@ctrip/domain/checkout-session/view'
import { z } from 'zod'
import { acceptInput, priceSchema } from './fiat'
import { idOf, idParam } from './ids'
import { pageOf } from './list'
import { metadata } from './metadata'
import { priceInput } from './price-input'
import { returnUrl, returnUrlView } from './return-url'
import { text, timestamp } from './text'

export const linkParams = z.object({ id: idParam('paymentLink') })

const NAME_MAX = 255
const DESCRIPTION_MAX = 2_000

const name = () => text(NAME_MAX, 1).meta({ description: 'Shown to the payer.', example: 'A ticket' })
const description = () => text(DESCRIPTION_MAX).nullish().meta({ description: 'Shown to the payer.' })
const successUrl = () =>
  returnUrl().meta({ description: 'Where the payer goes once it is complete. {CHECKOUT_SESSION_ID} is filled in.' })

export const createLinkBody = z
  .strictObject({
    name: name(),
    description: description(),
    price: priceInput,
    accept: acceptInput,
    success_url: successUrl(),
    metadata: metadata.default({}).meta({ description: 'Of each session that it opens.' }),
    active: z.boolean().default(true).meta({ description: 'Whether it opens sessions.' }),
  })
  .meta({ id: 'CreatePaymentLink' })

export const updateLinkBody = z
  .strictObject({
    name: name().optional(),
    description: description(),
    price: priceInput.optional(),
    accept: acceptInput,
    success_url: successUrl(),
    metadata: metadata.optional(),
    active: z.boolean().optional(),
  })
  .meta({ id: 'UpdatePaymentLink' })

export const listLinksQuery = z.strictObject(pageOf('paymentLink'))

export const linkSchema = z
  .object({
    id: idOf('paymentLink'),
    object: z.literal('payment_link'),
    url: z.string().meta({ description: 'The page that opens a session for each visitor.' }),
    name: z.string(),
    description: z.string().nullable(),
    price: priceSchema,
    accept: z.array(z.object({ chain: z.string(), asset: z.string() })).nullable(),
    success_url: returnUrlView(),
    metadata: z.record(z.string(), z.string()),
    active: z.boolean(),
    created_at: timestamp(),
  })
  .meta({ id: 'PaymentLink' })

export function renderPaymentLink(link: PaymentLink, publicUrl: string): z.output<typeof linkSchema> {
  return {
    id: link.id,
    object: 'payment_link',
    url: `${publicUrl}/pay/${link.id}`,
    name: link.name,
    description: link.description,
    price: renderPrice(link.price),
    accept: link.accept === null ? null : [...link.accept],
    success_url: link.successUrl,
    metadata: link.metadata,
    active: link.active,
    created_at: link.createdAt.toISOString(),
  }
}
