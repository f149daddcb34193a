import { encodeRlp, hexlify, toBeHex } from 'ethers'
import fc from 'fast-check'
import { RlpWriter } from '../../src/blocks/rlp-writer'
import { MalformedHexError } from '../../src/hex'

type Item = string | Item[]

const { item } = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 4 },
    fc.uint8Array({ maxLength: 80 }).map((bytes) => hexlify(bytes)),
    fc.constantFrom(255, 256, 65_535, 65_536).map((length) => `0x${'ab'.repeat(length)}`),
    fc.array(tie('item'), { maxLength: 6 }),
  ),
}))

function write(writer: RlpWriter, value: Item): void {
  if (typeof value === 'string') return void writer.hex(value)
  writer.list(() => {
    for (const part of value) write(writer, part)
  })
}

describe('RlpWriter', () => {
  it('writes what an independent encoder writes', () => {
    const writer = new RlpWriter()
    fc.assert(
      fc.property(item, (value) => {
        write(writer, value)
        expect(hexlify(writer.take())).toBe(encodeRlp(value))
      }),
    )
  })

  it('writes integers without leading zeros, however they are spelled', () => {
    const writer = new RlpWriter()
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), fc.nat(4), (value, zeros) => {
        writer.quantity(`0x${'0'.repeat(zeros)}${value.toString(16)}`)
        expect(hexlify(writer.take())).toBe(encodeRlp(value === 0n ? '0x' : toBeHex(value)))
      }),
    )
  })

  it.each(['0xzz', '0x1', '0x12zz', '0x1 '])('refuses %s', (text) => {
    expect(() => new RlpWriter().hex(text)).toThrow(MalformedHexError)
  })

  it('refuses a quantity that is no hex', () => {
    expect(() => new RlpWriter().quantity('0x12xy')).toThrow(MalformedHexError)
  })
})
