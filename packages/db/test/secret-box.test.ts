import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto'
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

describe('a record of version 1, sealed under the key that all records shared', () => {
  const box = openSecretBox([oldKey])

  function sealShared(secret: string): Uint8Array {
    const key = new Uint8Array(hkdfSync('sha256', Buffer.from(oldKey, 'hex'), '', 'ctrip/secret-box/v1', 32))
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(CONTEXT))
    const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    return Uint8Array.from(Buffer.concat([Buffer.of(1), nonce, cipher.getAuthTag(), body]))
  }

  it('is opened', () => {
    expect(box.open(sealShared('secret'), CONTEXT)).toBe('secret')
  })

  it('is sealed again by a reseal with the same key; a record of version 2 is not', () => {
    expect(box.reopen(sealShared('secret'), CONTEXT)).toEqual({ secret: 'secret', isCurrent: false })
    expect(box.reopen(box.seal('secret', CONTEXT), CONTEXT)).toEqual({ secret: 'secret', isCurrent: true })
  })
})

it('seals each record under a key of its own: no salt comes twice', () => {
  const box = openSecretBox([newKey])
  const salts = Array.from({ length: 10_000 }, () =>
    Buffer.from(box.seal('x', CONTEXT)).subarray(1, 17).toString('hex'),
  )
  expect(new Set(salts).size).toBe(10_000)
})

it('a box without a key is refused', () => {
  expect(() => openSecretBox([])).toThrow(RangeError)
})
