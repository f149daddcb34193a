import { z } from 'zod'
import { text } from './text'

const KEYS_MAX = 50
const KEY_CHARACTERS_MAX = 40
const VALUE_CHARACTERS_MAX = 500

/** The merchant's own notes. The limits on keys are written out for OpenAPI, whose generator drops them. */
export const metadata = z
  .record(text(KEY_CHARACTERS_MAX, 1), text(VALUE_CHARACTERS_MAX))
  .refine((record) => Object.keys(record).length <= KEYS_MAX, `At most ${KEYS_MAX} keys.`)
  .meta({
    maxProperties: KEYS_MAX,
    propertyNames: { minLength: 1, maxLength: KEY_CHARACTERS_MAX },
  })
