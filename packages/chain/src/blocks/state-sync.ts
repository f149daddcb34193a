import { type Hash, hashToBytes } from '@ctrip/domain/hash'
import { hexFromBytes } from '@ctrip/domain/hex-digits'
import type { RawObject } from '../hex'
import type { Keccak256 } from './keccak'

const PREFIX = Buffer.from('matic-bor-receipt-')
const ZERO_ADDRESS = `0x${'0'.repeat(40)}`

/**
 * Polygon's bridge writes into the state at the end of some blocks. Its node shows that as one more transaction, from zero to
 * zero, which stands in no root (bor: core/types/bor_receipt.go). It is known by its hash: keccak(prefix ‖ number ‖ block hash).
 */
export function isStateSync(
  transaction: RawObject,
  blockNumber: number,
  blockHash: Hash,
  keccak256: Keccak256,
): boolean {
  if (transaction['from'] !== ZERO_ADDRESS || transaction['to'] !== ZERO_ADDRESS) return false
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(blockNumber))
  const hash = keccak256(Buffer.concat([PREFIX, number, hashToBytes(blockHash)]))
  return transaction['hash'] === hexFromBytes(hash)
}
