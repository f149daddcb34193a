import { MalformedHexError } from '../hex'

const CAPACITY = 64 * 1024
const LIST_HEADER_RESERVED = 3 // most lists here have 256 … 65,535 bytes; the others are moved

/**
 * Writes RLP (Ethereum yellow paper, appendix B) straight from the hex of JSON-RPC into one buffer that is used again and again:
 * a block has some ten thousand items, and an array for each would cost more than the hashing.
 */
export class RlpWriter {
  #buffer = Buffer.allocUnsafe(CAPACITY)
  #length = 0

  /** A byte string, given as 0x-hex. */
  hex(text: string): void {
    if (text.length % 2 !== 0) throw new MalformedHexError()
    const size = (text.length - 2) / 2
    this.#stringHeader(size, size === 1 ? Number.parseInt(text, 16) : 0x80)
    this.#digits(text.slice(2), size)
  }

  /** An integer, given as 0x-hex: big-endian without leading zeros, zero is the empty string. */
  quantity(text: string): void {
    let start = 2
    while (text.charCodeAt(start) === 0x30) start++
    const digits = text.slice(start)
    const even = digits.length % 2 === 0 ? digits : `0${digits}`
    const size = even.length / 2
    this.#stringHeader(size, size === 1 ? Number.parseInt(even, 16) : 0x80)
    this.#digits(even, size)
  }

  bytes(bytes: Uint8Array): void {
    this.#stringHeader(bytes.length, bytes[0] ?? 0x80)
    this.raw(bytes)
  }

  list(writeItems: () => void): void {
    const start = this.#length
    this.#reserve(LIST_HEADER_RESERVED)
    this.#length += LIST_HEADER_RESERVED
    writeItems()
    const body = start + LIST_HEADER_RESERVED
    const size = this.#length - body
    const header = headerSize(size)
    if (header !== LIST_HEADER_RESERVED) {
      this.#reserve(header)
      this.#buffer.copyWithin(start + header, body, this.#length)
    }
    this.#length = start
    this.#header(size, 0xc0)
    this.#length += size
  }

  /** What is RLP already, or stands outside it (EIP-2718's type byte). */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /**
   * A copy of all that was written; the next item starts anew. It is cut from the pool of Node: a block makes a thousand of them, and
   * a tenth of its proof would go into memory of their own.
   */
  take(): Uint8Array {
    return this.drain((written) => {
      const taken = Buffer.allocUnsafe(written.length)
      taken.set(written)
      return taken
    })
  }

  /** Gives all that was written to `use`, which must not keep it; the next item starts anew. */
  drain<T>(use: (written: Uint8Array) => T): T {
    const written = this.#buffer.subarray(0, this.#length)
    this.#length = 0
    return use(written)
  }

  /** A single byte below 0x80 is its own encoding. */
  #stringHeader(size: number, firstByte: number): void {
    if (size !== 1 || firstByte >= 0x80) this.#header(size, 0x80)
  }

  #header(size: number, offset: 0x80 | 0xc0): void {
    this.#reserve(9)
    if (size < 56) {
      this.#buffer[this.#length++] = offset + size
      return
    }
    const sizeBytes = headerSize(size) - 1
    this.#buffer[this.#length++] = offset + 55 + sizeBytes
    this.#length = this.#buffer.writeUIntBE(size, this.#length, sizeBytes)
  }

  #digits(digits: string, size: number): void {
    this.#reserve(size)
    // Node stops at the first character that is no hex digit, and says how far it came.
    if (this.#buffer.write(digits, this.#length, 'hex') !== size) throw new MalformedHexError()
    this.#length += size
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

function headerSize(size: number): number {
  if (size < 56) return 1
  return 1 + Math.ceil((32 - Math.clz32(size)) / 8)
}
