import { z } from 'zod'
import { chainName } from './chain'
import { text } from './text'

const MINOR_UNITS = /^[1-9][0-9]{0,17}$/

/** A fiat amount in a request. */
export const minorUnits = () =>
  z
    .string()
    .regex(
      MINOR_UNITS,
      'Must be a whole number of minor units above 0, of at most 18 digits, as a string such as "1999".',
    )
    .transform((digits) => BigInt(digits))

/** A price in a response. */
export const priceSchema = z
  .object({ amount: z.string(), currency: z.string(), amount_display: z.string() })
  .meta({ id: 'CheckoutPrice' })

const ACCEPTED_MAX = 50

/** The assets that a merchant takes. */
export const acceptInput = z
  .array(
    z.strictObject({
      chain: chainName().meta({ description: 'Name or chain id.', example: 'anvil' }),
      asset: text(64, 1).meta({ description: 'Symbol or contract address.', example: 'USDC' }),
    }),
  )
  .min(1)
  .max(ACCEPTED_MAX)
  .nullish()
  .meta({ description: 'Without it: every asset that has a rate.' })
