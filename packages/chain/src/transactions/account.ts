import type { Address } from '@ctrip/domain/address'
import { bytesField, type Hex, numberField } from '../hex'
import { callAndRead } from '../rpc/read-result'
import type { CallOptions, RpcPool } from '../rpc/rpc-pool'

/** The number of transactions sent: `latest` counts mined ones, `pending` also what this provider's mempool holds. */
export function readNonce(
  pool: RpcPool,
  address: Address,
  tag: 'latest' | 'pending',
  options: CallOptions = {},
): Promise<number> {
  return callAndRead(pool, 'eth_getTransactionCount', [address, tag], options, (result) =>
    numberField({ nonce: result }, 'nonce'),
  )
}

/** `0x` for an account without code; `0xef0100‖address` for one that delegates (EIP-7702), which still is an externally owned one. */
export function readCode(pool: RpcPool, address: Address, options: CallOptions = {}): Promise<Hex> {
  return callAndRead(pool, 'eth_getCode', [address, 'latest'], options, (result) =>
    bytesField({ code: result }, 'code'),
  )
}
