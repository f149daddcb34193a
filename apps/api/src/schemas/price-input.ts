import { isCurrency } from '@ctrip/domain/rates/currencies'
import { z } from 'zod'

/** A price in a request: minor units of a currency. */
export const priceInput = z
  .strictObject({
    amount: z
      .string()
      .regex(/^[1-9][0-9]{0,17}$/, 'Must be a whole number of minor units above 0, as a string such as "1999".')
      .transform((digits) => BigInt(digits))
      .meta({ description: 'In minor units of the currency.', example: '1999' }),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'Must be a currency of ISO 4217 in capitals, such as USD.')
      .refine(isCurrency, 'Must be a currency of ISO 4217 in capitals, such as USD.')
      .meta({ description: 'ISO 4217.', example: 'USD' }),
  })
  .meta({ id: 'Price' })

export type PriceInput = z.output<typeof priceInput>
