import { randomBytes } from 'node:crypto'
import { openSecretBox } from '../src/database/secret-box'

const [oldKey, newKey] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')]
const CONTEXT = 'webhook_endpoint:we_1'

describe('a sealed secret', () => {
  const box = openSecretBox([oldKey])
  const sealed = box.seal('whsec_é', CONTEXT)

  it('is opened by its key, for its row', () => {
    expect(box.open(sealed, CONTEXT)).toBe('whsec_é')
  })

  it('does not show what it holds', () => {
    expect(Buffer.from(sealed).includes('whsec')).toBe(false)
  })

  it('looks different each time', () => {
    expect(box.seal('whsec_é', CONTEXT)).not.toEqual(sealed)
  })

  it('is not opened by another key', () => {
    expect(() => openSecretBox([newKey]).open(sealed, CONTEXT)).toThrow(/no key opens/)
  })

  it('is not opened for another row', () => {
    expect(() => box.open(sealed, 'webhook_endpoint:we_2')).toThrow(/no key opens/)
  })

  it('is not opened when any byte of it was altered', () => {
    for (let at = 0; at < sealed.length; at++) {
      const altered = Uint8Array.from(sealed)
      altered[at] = (altered[at] ?? 0) ^ 1
      expect(() => box.open(altered, CONTEXT)).toThrow(/no key opens|unknown version/)
    }
  })

  it('is not opened when its end is missing', () => {
    for (let length = 0; length < sealed.length; length++)
      expect(() => box.open(sealed.subarray(0, length), CONTEXT)).toThrow(/no key opens|unknown version/)
  })
})

describe('while a key is rotated', () => {
  const both = openSecretBox([newKey, oldKey])

  it('what the old key sealed is still opened', () => {
    expect(both.open(openSecretBox([oldKey]).seal('secret', CONTEXT), CONTEXT)).toBe('secret')
  })

  it('the new key seals', () => {
    expect(openSecretBox([newKey]).open(both.seal('secret', CONTEXT), CONTEXT)).toBe('secret')
  })
})

it('a box without a key is refused', () => {
  expect(() => openSecretBox([])).toThrow(RangeError)
})
