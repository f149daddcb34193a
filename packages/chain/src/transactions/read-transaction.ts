import type { Hash } from '@ctrip/domain/hash'
import { hexFromBytes } from '@ctrip/domain/hex-digits'
import { encodeTransaction } from '../blocks/encode-transaction'
import { loadKeccak256 } from '../blocks/keccak'
import { RlpWriter } from '../blocks/rlp-writer'
import { ETHEREUM_TYPES } from '../blocks/transaction-types'
import { type Hex, numberField, rawObject } from '../hex'
import type { CallOptions, RpcPool } from '../rpc/rpc-pool'

/**
 * The bytes of a transaction that is on a chain, as they were signed; null where no provider shows them, or what it shows does
 * not hash to what was asked for.
 */
export async function readSignedTransaction(pool: RpcPool, hash: Hash, options: CallOptions = {}): Promise<Hex | null> {
  const { result } = await pool.call('eth_getTransactionByHash', [hash], options)
  if (result === null) return null
  const transaction = rawObject(result, 'transaction')
  const type = numberField(transaction, 'type')
  if (!ETHEREUM_TYPES.has(type)) return null
  const bytes = Buffer.from(encodeTransaction(new RlpWriter(), transaction, type))
  const keccak256 = await loadKeccak256()
  return hexFromBytes(keccak256(bytes)) === hash ? hexFromBytes(bytes) : null
}
