import fc from 'fast-check'
import { z } from 'zod'
import { validate } from '../src/http/validate'
import { metadata } from '../src/schemas/metadata'

const body = z.strictObject({ metadata })

/** Own properties all, also those that an assignment would take for something else. */
function asSent(entries: readonly (readonly [string, string])[]): Record<string, string> {
  return JSON.parse(
    `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`,
  ) as Record<string, string>
}

const key = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__', '0', '-0', 'order'),
  fc.string({ unit: 'binary', maxLength: 45 }),
)
const entries = fc.uniqueArray(fc.tuple(key, fc.string({ maxLength: 20 })), {
  selector: ([name]) => name,
  maxLength: 55,
})

it('keeps every key as it was sent, or names what it refuses: it drops none', () => {
  fc.assert(
    fc.property(entries, (sent) => {
      const given = asSent(sent)
      const validated = validate(body, { metadata: given })
      if (validated.ok) expect(Object.entries(validated.value.metadata)).toEqual(Object.entries(given))
      else expect(validated.problem.more.param).toMatch(/^metadata/)
    }),
  )
})

it('refuses the one name that would be lost', () => {
  const validated = validate(body, { metadata: asSent([['__proto__', 'x']]) })
  expect(validated).toMatchObject({ ok: false, problem: { status: 422, more: { param: 'metadata.__proto__' } } })
})
