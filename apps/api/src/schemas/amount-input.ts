import { type Amount, parseAmount } from '@ctrip/domain/amount'
import { z } from 'zod'

/** Money in a request. */
export const amountInput = z
  .string()
  .regex(/^[1-9][0-9]{0,77}$/, 'Must be a whole number of base units above 0, as a string such as "1500000".')
  .transform((digits, context): Amount => {
    const value = parseAmount(digits)
    if (value !== null) return value
    context.addIssue({ code: 'custom', message: 'Must be below 2^256.' })
    return z.NEVER
  })
