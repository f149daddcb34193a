import fc from 'fast-check'
import { addressFromBytes, addressToBytes, parseAddress, toChecksum } from '../src/address'
import { hashFromBytes, hashToBytes, parseHash } from '../src/hash'
import { address } from './payment/fixtures'

/** The vectors of EIP-55: all caps, all lower, mixed. */
const EIP_55 = [
  '0x52908400098527886E0F7030069857D2E4169EE7',
  '0x8617E340B3D01FA5F11F306F4090FD50E238070D',
  '0xde709f2102306220921060314715629080e2fb77',
  '0x27b1fdb04752bbc536007a920d24acb045561c26',
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
]

describe('an address', () => {
  it.each(EIP_55)('%s is spelled with its EIP-55 checksum', (text) => {
    expect(toChecksum(address(text))).toBe(text)
  })

  it.each(EIP_55)('%s is one value however it is spelled', (text) => {
    const spellings = [text, text.toLowerCase(), `0x${text.slice(2).toUpperCase()}`]
    expect(new Set(spellings.map(parseAddress))).toEqual(new Set([text.toLowerCase()]))
  })

  it.each([
    ['a wrong checksum', '0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed'],
    ['no prefix', '5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'],
    ['a capital prefix', '0X52908400098527886E0F7030069857D2E4169EE7'],
    ['a digit too few', '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe'],
    ['a digit too many', '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAedd'],
    ['a letter that is no digit', '0xg2908400098527886e0f7030069857d2e4169ee7'],
    ['a line break at its end', '0xde709f2102306220921060314715629080e2fb77\n'],
    ['nothing', ''],
  ])('is not parsed from %s', (_, text) => {
    expect(parseAddress(text)).toBeNull()
  })

  it('survives the way through bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
        expect([...addressToBytes(addressFromBytes(bytes))]).toEqual([...bytes])
      }),
    )
  })

  it('is not made of any other number of bytes', () => {
    expect(() => addressFromBytes(new Uint8Array(32))).toThrow(RangeError)
  })
})

describe('a hash', () => {
  it('survives the way through bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect([...hashToBytes(hashFromBytes(bytes))]).toEqual([...bytes])
      }),
    )
  })

  it('is one value however it is spelled', () => {
    expect(parseHash(`0x${'AB'.repeat(32)}`)).toBe(`0x${'ab'.repeat(32)}`)
  })

  it.each([`0x${'ab'.repeat(31)}`, `0x${'ab'.repeat(33)}`, 'ab'.repeat(32), `0x${'zz'.repeat(32)}`])(
    'is not parsed from %s',
    (text) => {
      expect(parseHash(text)).toBeNull()
    },
  )

  it('is not made of any other number of bytes', () => {
    expect(() => hashFromBytes(new Uint8Array(20))).toThrow(RangeError)
  })
})
