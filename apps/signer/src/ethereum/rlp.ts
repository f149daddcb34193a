/** What RLP encodes: bytes, and lists of them. */
export type RlpItem = Uint8Array | readonly RlpItem[]

/** Recursive-length prefix encoding (Yellow Paper, appendix B). */
export function encodeRlp(item: RlpItem): Uint8Array {
  if (item instanceof Uint8Array) {
    const isItsOwnEncoding = item.length === 1 && (item[0] ?? 0) < 0x80
    return isItsOwnEncoding ? item : Buffer.concat([prefix(item.length, 0x80), item])
  }
  const body = Buffer.concat(item.map(encodeRlp))
  return Buffer.concat([prefix(body.length, 0xc0), body])
}

/** An integer as RLP has it: big-endian without leading zeros, 0 as no bytes. */
export function integerBytes(value: bigint | number): Uint8Array {
  if (BigInt(value) === 0n) return new Uint8Array(0)
  const digits = BigInt(value).toString(16)
  return Uint8Array.from(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex'))
}

function prefix(length: number, offset: number): Uint8Array {
  if (length <= 55) return Uint8Array.of(offset + length)
  const size = integerBytes(length)
  return Uint8Array.of(offset + 55 + size.length, ...size)
}
