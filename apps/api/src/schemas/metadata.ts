import { z } from 'zod'
import { text } from './text'

const KEYS_MAX = 50
const KEY_CHARACTERS_MAX = 40
const VALUE_CHARACTERS_MAX = 500

const notes = z
  .record(text(KEY_CHARACTERS_MAX, 1), text(VALUE_CHARACTERS_MAX))
  .refine((record) => Object.keys(record).length <= KEYS_MAX, `At most ${KEYS_MAX} keys.`)

/** The merchant's own notes. The limits on keys are written out for OpenAPI, whose generator drops them. */
export const metadata = z.preprocess(refuseDropped, notes).meta({
  maxProperties: KEYS_MAX,
  propertyNames: { minLength: 1, maxLength: KEY_CHARACTERS_MAX },
})

/** A record of zod leaves this one key out without a word, and the merchant would look for it in vain. */
export function refuseDropped(value: unknown, context: z.core.$RefinementCtx): unknown {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__'))
    context.addIssue({ code: 'custom', path: ['__proto__'], message: 'No key may have this name.', input: value })
  return value
}
