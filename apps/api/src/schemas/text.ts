import { z } from 'zod'

/**
 * Text that Postgres can keep as it is: well-formed Unicode without NUL. Anything else would fail there, or be altered
 * on the way.
 */
export function text(charactersMax: number, charactersMin = 0) {
  return z
    .string()
    .min(charactersMin)
    .max(charactersMax)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), 'Must be well-formed Unicode without NUL.')
}

export const timestamp = () => z.string().meta({ format: 'date-time', example: '2026-01-31T12:00:00.000Z' })

/** As far as ids, which carry times, reach back; and as far as every side of us agrees on how a year is written. */
const EARLIEST = 0
const LATEST = Date.UTC(9999, 0)

/** A time in a request: RFC 3339 with an offset. */
export function moment() {
  return z.iso
    .datetime({ offset: true, error: 'Must be a time such as 2026-01-31T12:00:00Z.' })
    .transform((value) => new Date(value))
    .refine((at) => at.getTime() >= EARLIEST && at.getTime() < LATEST, 'Must be between the years 1970 and 9999.')
}
