import { type Address, parseAddress, toChecksum } from '@ctrip/domain/address'
import { z } from 'zod'

/** A whole number in this range. */
export const integer = (min: number, max: number) =>
  z
    .number({ error: `must be a whole number from ${min} to ${max}` })
    .refine(
      (value) => Number.isSafeInteger(value) && value >= min && value <= max,
      `must be a whole number from ${min} to ${max}`,
    )

/** A part of the file. Unknown keys are refused: a misspelt limit would be no limit. */
export const section = <Shape extends z.core.$ZodShape>(shape: Shape, example: string) =>
  z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? `is not known here; there are ${Object.keys(shape).join(', ')}`
        : `must be ${example}`,
  })

export const oneOf = <Value extends string>(...values: Value[]) =>
  z.enum(values, { error: `must be ${values.join(' or ')}` })

/** Lower-case and upper-case spellings carry no checksum; where money goes, one is asked for. YAML reads an address without quotes as a number. */
export const checksummed = z
  .string({ error: 'must be an address in quotes, such as "0x…"' })
  .transform((text, ctx): Address => {
    const address = parseAddress(text)
    if (address !== null && toChecksum(address) === text) return address
    ctx.addIssue({ code: 'custom', message: addressMessage(address) })
    return z.NEVER
  })

function addressMessage(address: Address | null): string {
  if (address === null) return 'is not an address, or its EIP-55 checksum is wrong'
  return `has no EIP-55 checksum, which protects money from typing errors: if it is right, write ${toChecksum(address)}`
}
